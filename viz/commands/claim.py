"""Test a claim about a head over many sentences: ``python -m viz claim FILE --head Layer4_Head11``."""

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from viz.analysis.claims import report, verdict
from viz.analysis.claims.readings import gather
from viz.analysis.claims.text import MarkedSentence, read_sentences
from viz.commands.opened_runs import Runs, openers
from viz.commands.options import one_line
from viz.errors import CannotRead, Reason
from viz.names import head_index_label, head_label, head_title, parse_head
from viz.records import Run
from viz.shipped import SHIPPED, shipped_names

DESCRIPTION = """Test whether a head looks most from one word at another, over many sentences.

FILE has one sentence a line, the query marked *so* and the key _so_; a backslash before * or _ keeps the sign. Empty
lines and lines that begin with # are left out, and the same line twice counts once. For the swap test, write
sentences in which the key stands on the other side of the query: both orders are then counted apart.

Exit code: 0 the claim holds, 1 it does not, 2 something is wrong with what was given."""
EXAMPLES = """example of a FILE:
  The turtle _moves_ *slow* across the road.
  The turtle *slowly* _moves_ across the road.

examples:
  python -m viz claim adverbs.txt --head Layer4_Head11
  python -m viz claim adverbs.txt --model bert-base-uncased --out analysis
  python -m viz claim adverbs.txt --head Layer4_Head11 --open monday.npz tuesday.npz --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="marked sentences, one a line, in UTF-8")
    parser.add_argument(
        "--head",
        metavar="HEAD",
        help="Layer4_Head11 or L3H10; without it all heads are searched, and p is corrected for that",
    )
    parser.add_argument(
        "--model", default=SHIPPED[0], help=f"{shipped_names()}, a folder, or a name on the Hub (default: %(default)s)"
    )
    parser.add_argument(
        "--open",
        type=Path,
        nargs="+",
        metavar="RUN.npz",
        help="saved runs instead of a model: each sentence is found among their texts by its words",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write analysis.md there, and a diagram of the head for each sentence"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def answer(options: argparse.Namespace) -> int:
    """Test and print; torch is imported only where a model runs."""
    sentences = read_sentences(_text(options.file))
    runs = Runs(openers(options.open) if options.open else _passes(options.model, sentences))
    model = runs[0].model
    head = None if options.head is None else parse_head(options.head, model.n_layers, model.n_heads)
    readings, left_out = gather(runs, sentences)
    result = verdict.judge(readings, head, left_out)
    if options.out is not None:
        _write(runs, result, options.out)
    if options.json:
        print(json.dumps(_as_json(result, model.checkpoint), ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(one_line, _lines(result))))
    return 0 if result.holds else 1


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise CannotRead(name=str(file), reason=Reason("the system says: {said}.", said=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise CannotRead(name=str(file), reason=Reason("it is no text in UTF-8.")) from error


def _passes(checkpoint: str, sentences: Sequence[MarkedSentence]) -> list[Callable[[], Run]]:
    """Share the sentences out among passes; a sentence that is marked twice over runs once."""
    from viz.engine import forward, many_texts
    from viz.engine.batching import encode
    from viz.engine.models import load_model

    loaded = load_model(checkpoint)
    texts = list(dict.fromkeys(sentence.text for sentence in sentences))

    def run(batch: list[str]) -> Run:
        return forward.run(loaded, encode(loaded, batch))

    return [partial(run, batch) for batch in many_texts.batches(loaded, texts)]


def _lines(result: verdict.Result) -> list[str]:
    """Say the verdict, then list the sentences, the best heads and the rules that know only the position."""
    table = report.sentence_table(result)
    total = len(result.readings)
    lines = [report.verdict_sentence(result), ""]
    for text, hit, weight, word in zip(table["sentence"], table["hit"], table["attention"], table["looks_most_at"]):
        lines.append(f"{'hit ' if hit else 'miss'}  {weight:.4f}  {text}" + ("" if hit else f"  (most: {word})"))
    lines += [f"left out: the key stands behind the query  {sentence.text}" for sentence in result.left_out]
    lines.append("")
    for standing in dict.fromkeys([*result.best, result.standing]):
        title, weight = head_title(standing.layer, standing.head), standing.mean_weight
        lines.append(f"rank {standing.rank:<4} {title:24} {standing.hits} of {total} hits, mean attention {weight:.4f}")
    lines.append("")
    lines += [f"always {report.offset_label(at)}: {hits} of {total} hits" for at, hits in result.offsets.items()]
    return lines


def _write(runs: Sequence[Run], result: verdict.Result, folder: Path) -> None:
    """Write analysis.md and one diagram a sentence."""
    from viz import whole_file
    from viz.files import claims

    folder.mkdir(parents=True, exist_ok=True)
    for name, content in claims.files(runs, result):
        whole_file.write(folder / name, content)


def _as_json(result: verdict.Result, checkpoint: str) -> dict:
    table = report.sentence_table(result)
    return {
        "model": checkpoint,
        "head": head_label(result.standing.layer, result.standing.head),
        "index": head_index_label(result.standing.layer, result.standing.head),
        "verdict": result.verdict.value,
        "holds": result.holds,
        "sentence": report.verdict_sentence(result),
        "hits": result.standing.hits,
        "total": len(result.readings),
        "luck": result.luck,
        "p": result.p,
        "n_searched": result.n_searched,
        "p_corrected": result.p_corrected,
        "mean_weight": result.standing.mean_weight,
        "even_weight": result.even,
        "rank": result.standing.rank,
        "n_heads": result.n_heads,
        "sentences": [dict(zip(table, row)) for row in zip(*table.values())],
        "left_out": [sentence.text for sentence in result.left_out],
        "best": [
            {
                "head": head_label(s.layer, s.head),
                "rank": s.rank,
                "hits": s.hits,
                "mean_weight": s.mean_weight,
                "faint": s.faint,
            }
            for s in result.best
        ],
        "offsets": {str(offset): hits for offset, hits in result.offsets.items()},
        "looks_there": {str(offset): n for offset, n in result.looks_there.items()},
        "same_order": {"hits": result.same_order.hits, "total": result.same_order.total},
        "swapped": {"hits": result.swapped.hits, "total": result.swapped.total},
    }
