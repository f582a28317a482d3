"""Switch heads off: ``python -m viz switch-off TEXT``, all alone one after the other, or ``--off`` some together."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from viz.analysis.heads.switch_off import (
    OFF_BY,
    RESAMPLE,
    Effect,
    HeadEffect,
    Resample,
    brightness,
    by_effect,
    effect,
    off_text,
    parse_off,
    ranking_table,
)
from viz.analysis.predictions import require_readouts, top_k
from viz.analysis.tables import as_csv
from viz.commands.options import count, one_line
from viz.names import head_index_label, head_label, head_title
from viz.shipped import SHIPPED, shipped_names

MAX_TOP, MAX_SEED = 10_000, 999_999

DESCRIPTION = """Switch heads off and say what that does to the answer at the first [MASK] (in a GPT-2: the next word):
the probability of a word before and after, and KL(before || after) in bits over the whole vocabulary.

Without --off every head is switched off alone, the one with the largest effect first. In place of a head's output come
zeros, its mean over the text's tokens, or (resample) its output on another text of as many tokens, --from; without one
the text's tokens exchange the head's outputs in a random order. Whatever takes the place, later layers may repair the
loss (self-repair), so a small effect does not prove that a head did nothing."""
EXAMPLES = """examples:
  python -m viz switch-off "The turtle moves slow across the [MASK]."
  python -m viz switch-off "The turtle moves slow across the [MASK]." --off L1H9,Layer4 --by mean
  python -m viz switch-off "The dogs [MASK] old." --by resample --from "The dog [MASK] old."
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("text", metavar="TEXT", help="a sentence with [MASK]; with a GPT-2, the beginning of one")
    parser.add_argument(
        "--model", default=SHIPPED[0], help=f"{shipped_names()}, a folder, or a name on the Hub (default: %(default)s)"
    )
    parser.add_argument("--off", metavar="HEADS", help="these heads together, with commas: L1H9, Layer4_Head2, Layer5")
    parser.add_argument("--by", choices=(*OFF_BY, RESAMPLE), default=OFF_BY[0], help="(default: %(default)s)")
    parser.add_argument("--from", dest="other", default="", metavar="TEXT", help="for resample: another text")
    parser.add_argument(
        "--seed",
        type=count(0, MAX_SEED, "is no seed of a shuffle"),
        default=0,
        metavar="N",
        help="for resample without --from (default: %(default)s)",
    )
    parser.add_argument("--word", default="", metavar="WORD", help="one token (default: the model's own best word)")
    parser.add_argument(
        "--top",
        type=count(1, MAX_TOP, "heads cannot be listed"),
        default=10,
        metavar="N",
        help="how many heads (default: %(default)s)",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="without --off: write all heads as a table, too")
    parser.add_argument("--json", action="store_true", help="print the effects as JSON")


def answer(options: argparse.Namespace) -> int:
    """Run, switch off and print; torch is imported here, so that --help is instant."""
    from viz.engine.requests import Ask, FindWord, Rank
    from viz.engine.service import answer as answer_request
    from viz.engine.service import stream

    asked = Ask(options.model, (options.text,))
    run = answer_request(asked)
    require_readouts(run)
    (best,) = top_k(run, 0, 1)
    word = answer_request(FindWord(options.model, options.word, best.token)) if options.word.strip() else best.token_id
    resample = Resample(options.other, options.seed)
    if options.off is not None:
        off = parse_off(options.off, run.model.n_layers, run.model.n_heads)
        after = answer_request(replace(asked, off=off, off_by=options.by, resample=resample))
        together = effect(run.readout_logits[0], after.readout_logits[0], word, run.model.vocabulary)
        _print(options, [(off_text(off, run.model.n_heads) or "none", _plain(together))])
        return 0
    parts = stream(Rank(asked, 0, word, options.by, resample=resample))
    ranked = by_effect([of for part in parts for of in part])
    if options.csv is not None:
        from viz import whole_file

        whole_file.write(options.csv, as_csv(ranking_table(ranked, brightness(run, 0))))
    _print(options, [(head_title(of.layer, of.head), _of_head(of)) for of in ranked[: options.top]])
    return 0


def _print(options: argparse.Namespace, effects: list[tuple[str, dict]]) -> None:
    if options.json:
        print(
            json.dumps(
                {"model": options.model, "by": options.by, "off": [of for _name, of in effects]},
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    for name, of in effects:
        before, after = of["probability_before"], of["probability_after"]
        print(one_line(f"{name:24}  {of['kl_bits']:.6f} bits  {of['word']} {before:.4f} -> {after:.4f}"))


def _of_head(of: HeadEffect) -> dict:
    return {"name": head_label(of.layer, of.head), "index": head_index_label(of.layer, of.head), **_plain(of.effect)}


def _plain(of: Effect) -> dict:
    return {
        "word": of.token,
        "kl_bits": of.kl,
        "probability_before": of.probability_before,
        "probability_after": of.probability_after,
        "best_before": of.top_before,
        "best_after": of.top_after,
    }
