"""Measure again what was found of heads, on ready sentences, from a model or from saved runs.

A finding in hits is judged as a claim is; one in weights by the mean attention at the key. ``shown`` says whether it is
found again: within the margin its entry names, where the figure comes from these very sentences; otherwise a claim must
hold, in one order at least, and a weight must be more than an even look and among the best tenth of all heads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from viz.analysis.claims.readings import Reading, gather
from viz.analysis.claims.text import MarkedSentence
from viz.analysis.claims.verdict import Result, Verdict, judge
from viz.analysis.heads import boards
from viz.analysis.heads.boards import Board, Score
from viz.analysis.heads.measures import MEASURES
from viz.analysis.known.file import ready
from viz.analysis.known.findings import Finding
from viz.analysis.words import align, pieces
from viz.errors import SentenceNotFound, VizError
from viz.examples import example
from viz.records import Run

BEST = 10  # one in so many heads is among the best
REPEATED = "repeated"  # in place of a file: random words of the model's own vocabulary, written down twice


class Road(Protocol):
    """Say what the sentences of a file show: a model runs them, or saved runs hold some of them."""

    def readings(self, sentences: tuple[MarkedSentence, ...]) -> tuple[Reading, ...]:
        """Give what every head gives to the words of marked sentences; raises a ``VizError`` where nothing can."""
        ...

    def board(self, texts: str) -> Board:
        """Give every job of every head over the lines of a file, or over random words written twice (``REPEATED``)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Remeasured:
    """Hold a finding beside what was measured: a share of sentences or of attention, as the finding's unit says."""

    finding: Finding
    value: float | None = None
    n: int = 0  # sentences, or texts
    rank: int = 0  # among all heads, 1 is best
    n_heads: int = 0
    even: float | None = None  # the same of a head that looks evenly
    result: Result | None = None  # of marked sentences
    error: VizError | None = None  # why it could not be measured

    @property
    def offset(self) -> float | None:
        """Give the hits of the best rule that knows only the position; None where no sentences were read."""
        result = self.result
        return None if result is None else result.offsets[result.best_offset] / len(result.readings)

    @property
    def luck(self) -> float | None:
        """Give the hits expected of a head without preference."""
        return None if self.result is None else self.result.luck / len(self.result.readings)

    @property
    def shown(self) -> bool | None:
        """Tell whether the finding is found again; None where it was not measured."""
        if self.value is None or self.even is None:
            return None
        finding = self.finding
        if finding.within is not None and finding.reported is not None:
            return abs(self.value - finding.reported) <= finding.within
        if finding.unit == "hits" and self.result is not None:
            return self.result.verdict in (Verdict.HOLDS, Verdict.ONE_ORDER)
        lowest_first = bool(finding.measure) and MEASURES[finding.measure].lowest_first
        above = self.value < self.even if lowest_first else self.value > self.even
        return above and self.rank <= max(1, self.n_heads // BEST)


def remeasure(finding: Finding, road: Road) -> Remeasured:
    """Measure one finding again, or hold why it cannot be."""
    if finding.unmeasured:
        return Remeasured(finding)
    try:
        return _on_board(finding, road) if finding.measure else _on_sentences(finding, road)
    except VizError as error:
        return Remeasured(finding, error=error)


def texts_of(name: str) -> tuple[str, ...]:
    """Give the plain texts of a file, one a line. Raises ``OwnFileUnreadable``."""
    return tuple(example("known", name).splitlines())


def _on_sentences(finding: Finding, road: Road) -> Remeasured:
    readings = road.readings(ready(finding.sentences))
    head = finding.layer, finding.head
    result = judge(readings, head)
    of_hits = finding.unit == "hits"
    if of_hits:
        values = np.stack([of.hits for of in readings]).mean(axis=0)
    else:
        values = np.stack([of.key_weights for of in readings]).mean(axis=0, dtype=np.float64)
    return Remeasured(
        finding,
        value=float(values[head]),
        n=len(readings),
        rank=_rank(values, head),
        n_heads=values.size,
        even=result.luck / len(readings) if of_hits else result.even,
        result=result,
    )


def _on_board(finding: Finding, road: Road) -> Remeasured:
    """Measure a job of the head board, special tokens left out where words are meant to look at words."""
    board = road.board(finding.texts)
    score: Score = board.score(finding.measure, count_special=finding.measure == "sep")
    lowest_first = MEASURES[finding.measure].lowest_first
    head = finding.layer, finding.head
    return Remeasured(
        finding,
        value=float(score.mean[head]),
        n=score.n_texts,
        rank=_rank(-score.mean if lowest_first else score.mean, head),
        n_heads=score.mean.size,
        even=float(score.uniform[finding.layer]),
    )


def _rank(values: np.ndarray, head: tuple[int, int]) -> int:
    """Give the place of a head among all, equal ones sharing the better; heads without a value come last."""
    return 1 + int((np.nan_to_num(values, nan=-np.inf) > values[head]).sum())


class OfRuns:
    """Measure on saved runs: of the ready sentences those whose words are a row of one, boards over all rows."""

    def __init__(self, runs: Sequence[Run]):
        self._runs = runs

    def readings(self, sentences: tuple[MarkedSentence, ...]) -> tuple[Reading, ...]:
        """Read the sentences that are there. Raises ``SentenceNotFound`` where none is."""
        there = tuple(of for of in sentences if any(align(row, of.text) for row in self._rows))
        if not there:
            raise SentenceNotFound(n_texts=len(self._rows), text=sentences[0].text)
        return gather(self._runs, there)[0]

    def board(self, texts: str) -> Board:
        """Give the board over all rows, whatever texts were meant."""
        return self._board

    @cached_property
    def _rows(self) -> list:
        return [pieces(run, row) for run in self._runs for row in range(len(run.batch.tokens))]

    @cached_property
    def _board(self) -> Board:
        return boards.measure(self._runs)


def measured(of: Iterable[Remeasured]) -> list[Remeasured]:
    """Keep what could be measured."""
    return [one for one in of if one.value is not None]
