"""Say which word decided an answer: ``python -m viz importance TEXT``."""

import argparse
import json
from typing import TYPE_CHECKING

from viz.analysis.reasons.importance import attention_paid, table
from viz.commands.options import one_line
from viz.shipped import SHIPPED, shipped_names

if TYPE_CHECKING:
    from viz.analysis.reasons.importance import Importance
    from viz.records import Run

DESCRIPTION = """Say which word decided the answer at [MASK], or the next word.

One word a line: what the answer's logit owes to it by integrated gradients, what it loses when the word is replaced by
[MASK] (in a GPT-2 by the end token), and how much the read-out looks at it, the mean of all heads."""
EXAMPLES = """examples:
  python -m viz importance "She is reading a [MASK]."
  python -m viz importance "She is reading a [MASK]." --answer book --rival letter
  python -m viz importance "I want to eat a big bowl of" --model headlight-gpt2 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("text", metavar="TEXT", help="a sentence with [MASK]; with a GPT-2, the beginning of one")
    parser.add_argument(
        "--model", default=SHIPPED[0], help=f"{shipped_names()}, a folder, or a name on the Hub (default: %(default)s)"
    )
    parser.add_argument("--answer", metavar="WORD", default="", help="one token (default: the model's best word)")
    parser.add_argument(
        "--rival", metavar="WORD", default="", help="follow the answer's logit minus this word's; one token"
    )
    parser.add_argument("--json", action="store_true", help="print the words as JSON")


def answer(options: argparse.Namespace) -> int:
    """Measure and print, of the first [MASK] where there are several; torch is imported here, --help is fast."""
    from viz.analysis.predictions import require_readouts, top_k
    from viz.engine import two_stacks
    from viz.engine.batching import encode
    from viz.engine.forward import run as run_model
    from viz.engine.models import load_model
    from viz.engine.reasons.importance import weigh
    from viz.engine.switch_off import word_id

    loaded = load_model(options.model)
    two_stacks.require_one(loaded.info)
    run = run_model(loaded, encode(loaded, [options.text]))
    require_readouts(run)
    (best,) = top_k(run, 0, 1)
    chosen = word_id(loaded, options.answer, best.token) if options.answer.strip() else best.token_id
    rival = word_id(loaded, options.rival, best.token) if options.rival.strip() else None
    of = weigh(loaded, run, 0, chosen, rival)
    listed = table(of, attention_paid(run, 0, of.words))
    if options.json:
        print(json.dumps(_as_json(run, of, listed), ensure_ascii=False, indent=2))
        return 0
    for line in _header(run, of):
        print(f"# {one_line(line)}")
    for position, word, gradient, lost, attention in zip(*listed.values()):
        print(f"{position:4}  {gradient:+9.4f}  {lost:+9.4f}  {attention:.4f}  {one_line(word)}")
    return 0


def _header(run: "Run", of: "Importance") -> list[str]:
    rival = "" if of.rival is None else f" against {of.rival}"
    complete = "" if of.is_complete else ", more than 1 %: read the gradients with care"
    return [
        f"{run.model.checkpoint} ({run.model.weights} weights), answer {of.answer}{rival}",
        f"F with all words {of.score:.4f}, with {of.baseline} for each {of.baseline_score:.4f}; completeness error "
        f"{of.completeness_error:.3%} after {of.n_steps} steps{complete}",
        "position, integrated gradients, occlusion, attention, word",
    ]


def _as_json(run: "Run", of: "Importance", listed: dict[str, list]) -> dict:
    return {
        "model": run.model.checkpoint,
        "weights": run.model.weights,
        "text": run.batch.texts[0],
        "answer": of.answer,
        "rival": of.rival,
        "baseline": of.baseline,
        "score": of.score,
        "baseline_score": of.baseline_score,
        "steps": of.n_steps,
        "completeness_error": of.completeness_error if of.completeness_error != float("inf") else None,
        "words": [dict(zip(listed, row)) for row in zip(*listed.values())],
    }
