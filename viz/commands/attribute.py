"""Share an answer's logit out: ``python -m viz attribute TEXT --answer WORD --rival WORD``."""

import argparse
import json
from pathlib import Path

from viz.analysis.predictions import require_readouts, top_k
from viz.analysis.reasons.attribution import Attribution, lens_table, table
from viz.analysis.tables import as_csv
from viz.commands.options import count, one_line
from viz.engine.requests import Ask, FindWord
from viz.records import Run
from viz.shipped import SHIPPED

MAX_TOP = 10_000

DESCRIPTION = """Say what each head, MLP, embedding and bias of a GPT-2 wrote into logit(answer) - logit(rival).

The scale of the last norm stays what it was in the pass, so that the parts sum to the model's own number. One part a
line, the largest either way first; then the rank and the logit of the answer after each layer (logit lens)."""
EXAMPLES = """examples:
  python -m viz attribute "The boys near the house" --answer were --rival was
  python -m viz attribute "It will rain in the" --alone --csv parts.csv --lens lens.csv
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("text", metavar="TEXT", help="the beginning of a text")
    parser.add_argument("--answer", metavar="WORD", default="", help="one token (default: the model's best word)")
    rival = parser.add_mutually_exclusive_group()
    rival.add_argument("--rival", metavar="WORD", default="", help="one token (default: the best other word)")
    rival.add_argument("--alone", action="store_true", help="share out the answer's logit itself, without a rival's")
    parser.add_argument(
        "--model", default=SHIPPED[1], help=f"{SHIPPED[1]}, a folder, or a name on the Hub (default: %(default)s)"
    )
    parser.add_argument(
        "--top",
        type=count(1, MAX_TOP, "parts cannot be listed"),
        default=10,
        metavar="N",
        help="how many parts (default: %(default)s)",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write all parts as a table, too")
    parser.add_argument("--lens", type=Path, metavar="FILE", help="write the best words after each layer as a table")
    parser.add_argument("--json", action="store_true", help="print all parts and the lens as JSON")


def answer(options: argparse.Namespace) -> int:
    """Share out and print; torch is imported here."""
    of = _shared_out(options)
    for file, rows in ((options.csv, table), (options.lens, lens_table)):
        if file is not None:
            from viz import whole_file

            whole_file.write(file, as_csv(rows(of)))
    if options.json:
        print(json.dumps(_as_json(of), ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(one_line, _lines(of, options.top))))
    return 0


def _shared_out(options: argparse.Namespace) -> Attribution:
    from viz.engine import service
    from viz.engine.reasons.requests import Attribute

    asked = Ask(options.model, (options.text,))
    run = service.answer(asked)
    require_readouts(run)
    best = [word.token_id for word in top_k(run, 0, 2)]
    word = _word(run, options.answer) if options.answer.strip() else best[0]
    rival = None
    if not options.alone:
        others = [other for other in best if other != word]
        rival = _word(run, options.rival) if options.rival.strip() else others[0]
    return service.answer(Attribute(asked, 0, word, rival))


def _word(run: Run, word: str) -> int:
    from viz.engine import service

    (best,) = top_k(run, 0, 1)
    return service.answer(FindWord(run.model.checkpoint, word, best.token))


def _lines(of: Attribution, top: int) -> list[str]:
    answer, rival = of.words
    what = f"logit({answer})" if rival is None else f"logit({answer}) - logit({rival})"
    columns = table(of)
    parts = list(zip(*columns.values(), strict=True))[:top]
    lines = [
        f"# {of.model.checkpoint} ({of.model.weights} weights), the last norm divides by {of.scale:.4f}",
        f"# {what} = {of.logit:+.4f} in the model; {of.n_parts} parts sum to {of.total:+.4f}",
    ]
    for name, index, layer, value in parts:
        place = f" · {index}" if index else f" of Layer{layer}" if layer else ""
        lines.append(f"{f'{name}{place}':32} {value:+.4f}")
    lines.append("# after each layer (0 = embeddings): rank and logit of the answer, best word")
    for layer, (ranks, logits) in enumerate(zip(of.lens.ranks, of.lens.logits, strict=True)):
        best = of.model.vocabulary[of.lens.top_ids[layer, 0]]
        lines.append(f"{layer:3} {ranks[0]:7,} {logits[0]:+10.4f}  {best}")
    return lines


def _as_json(of: Attribution) -> dict:
    def rows(columns: dict[str, list]) -> list[dict]:
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    answer, rival = of.words
    return {
        "model": of.model.checkpoint,
        "weights": of.model.weights,
        "answer": answer,
        "rival": rival,
        "logit": of.logit,
        "total": of.total,
        "scale": of.scale,
        "parts": rows(table(of)),
        "lens": rows(lens_table(of)),
    }
