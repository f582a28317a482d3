"""Read a head over a corpus: ``python -m viz corpus FILE --head Layer3_Head2``."""

import argparse
import json
import sys
from pathlib import Path

from viz import settings, whole_file
from viz.analysis import tables
from viz.analysis.corpus.lines import left_out_said, left_out_table
from viz.analysis.corpus.links import LEAST
from viz.analysis.corpus.reading import Head, Reading
from viz.analysis.corpus.standings import links_table, spreads_table, standings, texts_table
from viz.commands.options import count, one_line
from viz.errors import CannotRead, Reason
from viz.files import corpus
from viz.names import head_index_label, head_label, head_title, parse_head, position_number
from viz.shipped import SHIPPED, shipped_names

MAX_LINES, MAX_TOP = 1_000_000, 10_000

DESCRIPTION = """Read a head over a corpus: where it is strongest, in the middle and weakest, which words it links.

FILE has one sentence a line, in UTF-8. A text counts by the head's largest weight between two words: the mean over the
query word's pieces of the sum over the key word's pieces. Special tokens, punctuation marks and, in a model that reads
from left to right, the first word are no words unless --special says so. Lines that cannot be run are named."""
EXAMPLES = """examples:
  python -m viz corpus book.txt --head Layer3_Head2
  python -m viz corpus --sample --lines 500 --head L3H10 --top 10 --out adverbs
  python -m viz corpus book.txt --head L5H9 --model headlight-gpt2 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("file", type=Path, metavar="FILE", nargs="?", help="sentences, one a line, in UTF-8")
    source.add_argument("--sample", action="store_true", help="the 2,000 sentences that come with Headlight")
    parser.add_argument("--head", metavar="HEAD", required=True, help="Layer4_Head11 or L3H10")
    parser.add_argument(
        "--model", default=SHIPPED[0], help=f"{shipped_names()}, a folder, or a name on the Hub (default: %(default)s)"
    )
    parser.add_argument(
        "--lines",
        type=count(1, MAX_LINES, "lines cannot be read"),
        metavar="N",
        help="read the first N lines (default: all, up to HEADLIGHT_MAX_CORPUS_LINES)",
    )
    parser.add_argument(
        "--top",
        type=count(1, MAX_TOP, "texts and links cannot be listed"),
        default=5,
        metavar="N",
        help="how many texts of each group, and how many links (default: %(default)s)",
    )
    parser.add_argument(
        "--least",
        type=count(LEAST, MAX_LINES, "places are not asked for"),
        default=LEAST,
        metavar="N",
        help="places at which two words must stand to be listed (default: %(default)s)",
    )
    parser.add_argument("--special", action="store_true", help="count special tokens and punctuation marks as words")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write texts, jobs, links and left-out lines as CSV")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def answer(options: argparse.Namespace) -> int:
    """Read and print; torch is imported only after the file was read."""
    every = corpus.sample() if options.sample else corpus.lines_of(str(options.file), _data(options.file))
    most = settings.current().max_corpus_lines
    lines = every[: min(options.lines or most, most)]
    reading, head = _read(options, lines)
    if options.out is not None:
        _write(reading, head, lines, options)
    if options.json:
        print(json.dumps(_as_json(reading, head, lines, len(every), options), ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(one_line, _listed(reading, head, lines, len(every), options))))
    return 0


def _data(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CannotRead(name=str(file), reason=Reason("the system says: {said}.", said=error.strerror)) from error


def _read(options: argparse.Namespace, lines: tuple[str, ...]) -> tuple[Reading, Head]:
    from viz.engine import service
    from viz.engine.models import load_model
    from viz.engine.reasons.requests import ReadCorpus

    model = load_model(options.model).info
    head = parse_head(options.head, model.n_layers, model.n_heads)  # a wrong name is said before the corpus is read
    request = ReadCorpus(options.model, lines, options.special, model.revision)
    reading = service.answer(request, hear=_progress if sys.stderr is not None and sys.stderr.isatty() else None)
    return reading, head


def _progress(share: float) -> None:
    print(f"\r{share:4.0%}", end="\n" if share == 1 else "", file=sys.stderr, flush=True)


def _header(of: Reading, head: Head, n_lines: int) -> list[str]:
    model = f"{of.model.checkpoint} ({of.model.weights} weights)"
    read = f"{of.n_lines:,} of {n_lines:,} lines were read, {len(of.lines):,} of them run"
    return [f"{head_title(*head)} of {model}: {read}. {left_out_said(of.left_out)}".strip()]


def _listed(of: Reading, head: Head, lines: tuple[str, ...], n_lines: int, options: argparse.Namespace) -> list[str]:
    listed = [f"# {line}" for line in _header(of, head, n_lines)]
    for group, found in standings(of, head, options.top).items():
        listed.append(f"{group} texts")
        listed += [
            f"  line {position_number(one.line):<6} {one.strength:.4f}  {one.query_word} → {one.key_word}  | "
            f"{lines[one.line]}"
            for one in found
        ]
    listed.append("jobs over texts")
    jobs = spreads_table(of, head)
    for job, low, middle, high, even in zip(
        jobs["job"], jobs["quantile_0.05"], jobs["quantile_0.5"], jobs["quantile_0.95"], jobs["even"], strict=True
    ):
        listed.append(f"  {job:10} median {middle:.4f}  5 % {low:.4f}  95 % {high:.4f}  even look {even:.4f}")
    listed.append("words it links, most times an even look first")
    links = links_table(of, head, least=options.least, limit=options.top)
    for query, key, n, weight, even, ratio, z in zip(*links.values(), strict=True):
        listed.append(f"  {query} → {key}  {n} places, {weight:.4f}, even {even:.4f}, {ratio:.2f} times, z {z:.1f}")
    return listed


def _write(of: Reading, head: Head, lines: tuple[str, ...], options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    for name, table in (
        ("texts", texts_table(of, head, lines)),
        ("jobs", spreads_table(of, head)),
        ("links", links_table(of, head, least=options.least)),
        ("left_out", left_out_table(of.left_out)),
    ):
        whole_file.write(options.out / f"{name}.csv", tables.as_csv(table))


def _rows(table: dict[str, list]) -> list[dict]:
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def _as_json(of: Reading, head: Head, lines: tuple[str, ...], n_lines: int, options: argparse.Namespace) -> dict:
    return {
        "model": of.model.checkpoint,
        "weights": of.model.weights,
        "head": head_label(*head),
        "index": head_index_label(*head),
        "n_lines": n_lines,
        "n_lines_read": of.n_lines,
        "n_texts": len(of.lines),
        "left_out": _rows(left_out_table(of.left_out)),
        "special_tokens_counted": of.count_special,
        **{
            group: [
                {
                    "line": position_number(one.line),
                    "rank": one.rank,
                    "strength": one.strength,
                    "query": one.query_word,
                    "key": one.key_word,
                    "text": lines[one.line],
                }
                for one in found
            ]
            for group, found in standings(of, head, options.top).items()
        },
        "jobs": _rows(spreads_table(of, head)),
        "links": _rows(links_table(of, head, least=options.least, limit=options.top)),
    }
