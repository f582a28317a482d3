"""Patch one sentence from another: ``python -m viz patch "A" "B"``."""

import argparse
import json
from pathlib import Path

import numpy as np

from viz.analysis.reasons.patching import WHAT, Patched, patch_table, strongest
from viz.analysis.tables import as_csv
from viz.commands.options import count, one_line
from viz.names import head_title, layer_label, position_from_number, position_number
from viz.shipped import SHIPPED, shipped_names

MAX_TOP, MAX_POSITION = 10_000, 10_000

DESCRIPTION = """Put outputs of heads, or states of tokens, of sentence B into the pass of sentence A, and say how far
the answer follows. Both sentences must have the same number of tokens; the answer is read at A's first [MASK] (in a
GPT-2 at its last token), in B at the same token.

One patch a line, the strongest first: the share of the way from A to B, and the shift of the logit difference
d = logit(answer) - logit(rival). Share = (d(patched) - d(A)) / (d(B) - d(A)): 0 = as A, 1 = as B. Without --answer and
--rival they are A's best word and B's. A share near 0 may still be a head that matters: later layers may repair it."""
EXAMPLES = """examples:
  python -m viz patch "The dogs near the house [MASK] old." "The dog near the house [MASK] old."
  python -m viz patch "The boys near the house" "The boy near the house" --model headlight-gpt2 --what states
  python -m viz patch "The boys near the house" "The boy near the house" --model headlight-gpt2 --csv heads.csv
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("text", metavar="A", help="the sentence whose pass is changed")
    parser.add_argument("other", metavar="B", help="the sentence that outputs or states are taken from")
    parser.add_argument(
        "--model", default=SHIPPED[0], help=f"{shipped_names()}, a folder, or a name on the Hub (default: %(default)s)"
    )
    parser.add_argument("--answer", default="", metavar="WORD", help="one token (default: A's best word)")
    parser.add_argument("--rival", default="", metavar="WORD", help="one token (default: B's best word)")
    parser.add_argument("--what", choices=WHAT, default=WHAT[0], help="what is taken from B (default: %(default)s)")
    parser.add_argument(
        "--token",
        type=count(1, MAX_POSITION, "is no position of a token"),
        metavar="N",
        help="for heads: their outputs at this token alone, counted from 1 (default: at all tokens)",
    )
    parser.add_argument(
        "--top",
        type=count(1, MAX_TOP, "patches cannot be listed"),
        default=10,
        metavar="N",
        help="how many patches (default: %(default)s)",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every patch as a table, too")
    parser.add_argument("--json", action="store_true", help="print the patches as JSON")


def answer(options: argparse.Namespace) -> int:
    """Patch and print; torch is imported here, so that --help is instant."""
    from viz.engine.reasons.requests import Patch
    from viz.engine.service import answer as answer_request

    position = None if options.token is None else position_from_number(options.token)
    words = options.answer, options.rival
    patched = answer_request(Patch(options.model, options.text, options.other, *words, options.what, position))
    if options.csv is not None:
        from viz import whole_file

        whole_file.write(options.csv, as_csv(patch_table(patched)))
    if options.json:
        print(json.dumps(_as_json(patched, options.top), ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(one_line, _lines(patched, options.top))))
    return 0


def _lines(patched: Patched, n: int) -> list[str]:
    of_a, of_b = patched.ends
    yes, no = patched.words
    n_all = patched.shifts[:, :-1].size
    said = [
        f"# {patched.model.checkpoint} ({patched.model.weights} weights), {n_all} patches, {min(n, n_all)} shown",
        f"# logit({yes}) - logit({no}) at token {position_number(patched.readout)}: {of_a:+.4f} in A, {of_b:+.4f} in B",
    ]
    for at in strongest(patched, n):
        share = f"{patched.shares[at]:+.4f}" if patched.has_way else "no way"
        said.append(f"{_name(patched, *at):32}  {share}  {patched.shifts[at]:+.4f}")
    return said


def _name(patched: Patched, layer: int, column: int) -> str:
    if patched.what == "heads":
        return head_title(layer, column)
    return f"{layer_label(layer)} token {position_number(column)} {patched.tokens[0][column]}"


def _as_json(patched: Patched, n: int) -> dict:
    table = patch_table(patched)
    n_columns = patched.shifts.shape[1]
    rows = [layer * n_columns + column for layer, column in strongest(patched, n)]
    ends = np.concatenate([patched.end_logits, patched.end_probabilities], axis=1).tolist()
    names = ("logit_answer", "logit_rival", "probability_answer", "probability_rival")
    return {
        "model": patched.model.checkpoint,
        "weights": patched.model.weights,
        "tokens_a": list(patched.tokens[0]),
        "tokens_b": list(patched.tokens[1]),
        "what": patched.what,
        "read_at": position_number(patched.readout),
        "answer": patched.words[0],
        "rival": patched.words[1],
        "a": dict(zip(names, ends[0], strict=True)),
        "b": dict(zip(names, ends[1], strict=True)),
        "patches": [{name: column[row] for name, column in table.items()} for row in rows],
    }
