"""Guess masked words and draw heads: ``python -m viz TEXT``; of a saved run, ``python -m viz --open FILE``."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from viz.commands.options import count, one_line
from viz.errors import ContributionsWithoutPlace
from viz.shipped import SHIPPED, shipped_names

if TYPE_CHECKING:
    from viz.records import Run

MAX_K = 100

DESCRIPTION = "Guess the word at [MASK] (or the next word) and draw what every attention head looks at."
EXAMPLES = """examples:
  python -m viz "The turtle moves slow across the [MASK]."
  python -m viz "The turtle moves slow across the [MASK]." --top-k 5 --out diagrams --run turtle.npz
  python -m viz "It will rain in the" --model headlight-gpt2 --json
  python -m viz "The turtle moves slow across the [MASK]." --contribution --out contributions
  python -m viz --open turtle.npz --out diagrams
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "text", metavar="TEXT", nargs="?", help="a sentence with [MASK]; with a GPT-2, the beginning of one"
    )
    source.add_argument(
        "--open", type=Path, metavar="FILE", help="a saved run instead, .npz or .safetensors; no model is needed"
    )
    parser.add_argument(
        "--model", default=SHIPPED[0], help=f"{shipped_names()}, a folder, or a name on the Hub (default: %(default)s)"
    )
    parser.add_argument(
        "--top-k",
        type=count(1, MAX_K, "words cannot be listed"),
        default=3,
        metavar="K",
        help=f"how many words, 1 to {MAX_K} (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write one diagram a head there, Attention_Layer1_Head1.png …"
    )
    parser.add_argument(
        "--contribution",
        action="store_true",
        help="write to DIR what heads contribute, not their weights: a picture and a table a head, "
        "Contribution_Layer1_Head1.png and .csv …",
    )
    parser.add_argument("--run", type=Path, metavar="FILE", help="save the run (attentions, scores, masks)")
    parser.add_argument("--json", action="store_true", help="print the predictions as JSON")
    parser.add_argument("--cut", action="store_true", help="cut a text that is longer than the model reads")


def answer(options: argparse.Namespace) -> int:
    """Run the model and print; torch is imported here, so that --help is instant."""
    if options.contribution and options.out is None:
        raise ContributionsWithoutPlace(option="--contribution")
    if options.open is not None:
        from viz.commands import opened

        return opened.answer(options)
    from viz.analysis.predictions import completions, require_readouts
    from viz.engine.batching import encode
    from viz.engine.forward import run as run_model
    from viz.engine.models import load_model

    loaded = load_model(options.model)
    run = run_model(loaded, encode(loaded, [options.text], truncate=options.cut))
    require_readouts(run)
    if options.run is not None:
        from viz.files import saved

        saved.write(run, options.run)
    if options.contribution:
        from viz.commands import contributions

        contributions.write(run, 0, options.out)
    elif options.out is not None:
        from viz.drawing import diagrams

        diagrams.write_all(run, 0, options.out)
    sentences = completions(run, 0, options.top_k)
    if options.json:
        print(json.dumps(_as_json(run, options.top_k, sentences), ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(one_line, sentences)))
    return 0


def _as_json(run: "Run", k: int, sentences: list[str]) -> dict:
    from viz.commands.words import words_of

    return {
        "model": run.model.checkpoint,
        "weights": run.model.weights,
        "text": run.batch.texts[0],
        "tokens": list(run.batch.tokens[0]),
        "completed": sentences,
        "predictions": words_of(run, 0, k),
    }
