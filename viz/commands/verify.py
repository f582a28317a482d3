"""Measure again what was found of a model's heads: ``python -m viz verify bert-base-uncased``."""

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from viz.analysis.claims.readings import Reading, gather
from viz.analysis.claims.text import MarkedSentence
from viz.analysis.heads import boards
from viz.analysis.heads.boards import Board
from viz.analysis.known import report
from viz.analysis.known.file import known
from viz.analysis.known.findings import KnownModel
from viz.analysis.known.remeasure import REPEATED, OfRuns, Remeasured, Road, measured, remeasure, texts_of
from viz.analysis.tables import as_csv
from viz.commands.opened_runs import Runs, openers
from viz.commands.options import one_line
from viz.engine.requests import RepeatWords
from viz.errors import NothingKnown, RunsDoNotMatch
from viz.names import head_title
from viz.records import ModelInfo, Run

if TYPE_CHECKING:
    from viz.engine.models import LoadedModel

DESCRIPTION = """Measure again what others found of a model's heads, or what the card of a shipped model says.

For each finding: what the source reports, and beside it what is measured here on ready sentences, with the best rule
that knows only the position, luck, and the head's rank among all. A finding in hits is found again where the claim
holds (see claim), in one order at least; one in weights where the head is among the best tenth and above an even look;
one of our cards where the value is the card's. The sentences are other ones than those of the papers, so figures
differ.

With --run, sentences are looked for among the texts of saved runs, and jobs are measured over all their texts.
Exit code: 0 all that was measured is found again, 1 something is not, or nothing could be measured, 2 something is
wrong with what was given."""
EXAMPLES = """examples:
  python -m viz verify headlight-bert
  python -m viz verify bert-base-uncased --csv found.csv
  python -m viz verify gpt2 --model /srv/models/gpt2
  python -m viz verify gpt2 --run monday.npz tuesday.npz --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("name", metavar="MODEL", help="a model whose heads were described, see the file of known heads")
    parser.add_argument("--model", metavar="MODEL", help="the same weights under another name, or a folder with them")
    parser.add_argument("--run", type=Path, nargs="+", metavar="FILE", help="saved runs of the model instead of it")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the findings as a table, too")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def answer(options: argparse.Namespace) -> int:
    """Measure and print; torch is imported only where a model runs."""
    of = known().model(options.name)
    if of is None:
        names = [model.name for model in known().models]
        raise NothingKnown(checkpoint=options.name, known=f"{', '.join(names[:-1])} and {names[-1]}")
    info, road = _of_runs(options.run) if options.run else _of_model(options.model or options.name)
    _require_shape(info, of)
    found = [remeasure(finding, road) for finding in known().of_model(of.name)]
    if options.csv is not None:
        from viz import whole_file

        whole_file.write(options.csv, as_csv(report.table(found)))
    if options.json:
        print(json.dumps(_as_json(info, found), ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(one_line, _lines(info, found))))
    shown = [one.shown for one in measured(found)]
    return 0 if shown and all(shown) else 1


def _of_runs(files: Sequence[Path]) -> tuple[ModelInfo, Road]:
    runs = Runs(openers(files))
    return runs[0].model, OfRuns(runs)


def _of_model(checkpoint: str) -> tuple[ModelInfo, Road]:
    from viz.engine.models import load_model
    from viz.engine.two_stacks import require_one

    loaded = load_model(checkpoint)
    require_one(loaded.info)
    return loaded.info, _Passes(loaded)


def _require_shape(info: ModelInfo, of: KnownModel) -> None:
    shapes = [f"{n_layers} x {n_heads}" for n_layers, n_heads in _shapes(info, of)]
    if len(set(shapes)) > 1:
        raise RunsDoNotMatch(shapes=", ".join(shapes))


def _shapes(info: ModelInfo, of: KnownModel) -> list[tuple[int, int]]:
    return [(of.n_layers, of.n_heads), (info.n_layers, info.n_heads)]


class _Passes:
    """Measure by passes of a model, one batch of texts at a time; each file of texts is measured once."""

    def __init__(self, loaded: "LoadedModel"):
        self._loaded = loaded
        self._readings: dict[tuple[MarkedSentence, ...], tuple[Reading, ...]] = {}
        self._boards: dict[str, Board] = {}

    def readings(self, sentences: tuple[MarkedSentence, ...]) -> tuple[Reading, ...]:
        if sentences not in self._readings:
            texts = tuple(dict.fromkeys(sentence.text for sentence in sentences))
            self._readings[sentences] = gather(Runs(self._passes(texts)), sentences)[0]
        return self._readings[sentences]

    def board(self, texts: str) -> Board:
        if texts not in self._boards:
            self._boards[texts] = boards.measure(Runs(self._passes(self._texts(texts))))
        return self._boards[texts]

    def _texts(self, name: str) -> tuple[str, ...]:
        if name != REPEATED:
            return texts_of(name)
        from viz.engine import repeated_words

        asked = RepeatWords(self._loaded.info.checkpoint)
        return repeated_words.make(self._loaded, asked.seed, asked.n_texts, asked.n_words)

    def _passes(self, texts: tuple[str, ...]) -> list[Callable[[], Run]]:
        from viz.engine import many_texts

        return [partial(self._run, batch) for batch in many_texts.batches(self._loaded, texts)]

    def _run(self, texts: list[str]) -> Run:
        from viz.engine import forward
        from viz.engine.batching import encode

        return forward.run(self._loaded, encode(self._loaded, texts))


def _lines(info: ModelInfo, found: Sequence[Remeasured]) -> list[str]:
    """Say of each finding what is reported and what is measured; then how many are found again."""
    tried = measured(found)
    lines = [f"# {info.checkpoint} ({info.weights} weights), {info.n_layers} layers of {info.n_heads} heads"]
    for one in found:
        finding = one.finding
        lines += [
            f"{head_title(finding.layer, finding.head):24} {finding.does}",
            f"    reported: {report.reported(finding)}  ({finding.source.short}, {finding.where})",
            f"    measured: {report.measured(one)}" if one.value is not None else f"    {report.measured(one)}",
        ]
        lines += [f"    {finding.note}"] if finding.note else []
        lines += [f"    {report.verdict(one)}"] if one.value is not None else []
    n_shown = sum(bool(one.shown) for one in tried)
    lines.append(f"# {len(found)} findings, {len(tried)} measured, {n_shown} found again")
    return lines


def _as_json(info: ModelInfo, found: Sequence[Remeasured]) -> dict:
    table = report.table(found)
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return {"model": info.checkpoint, "weights": info.weights, "findings": rows}
