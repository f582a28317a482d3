"""Measure every job of every head over one text or many, for a board of all heads. No run is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from viz.analysis.heads.measures import MEASURES
from viz.analysis.heads.patterns import Accumulator, Chosen, Found, by_row, found, ranked
from viz.analysis.reasons.contribution import WEIGHT, read_by
from viz.analysis.words import Word, words
from viz.errors import NothingToMeasure
from viz.names import head_index_label, head_label, position_number
from viz.records import ModelInfo, Run
from viz.text import _

PAIR = "pair"  # asks for two words, so it is measured in one text and stands on no board of many
NAMES = tuple(name for name in MEASURES if name != PAIR)
ORDERS = ("best", "last", "place")

Head = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """Hold one job of all heads: mean and spread over texts, float32 ``[L, H]``, and a layer's uniform head.

    NaN in a layer in which nothing could be measured, as where its window holds no second token of a kind.
    """

    measure: str
    mean: np.ndarray
    spread: np.ndarray  # standard deviation over the texts
    uniform: np.ndarray  # float64[L]
    n_texts: int  # in which the measure found something


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """Hold every job of every head, with special tokens counted and without them."""

    model: ModelInfo
    n_texts: int
    counted: dict[str, Score]
    left_out: dict[str, Score]

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        scores = (*self.counted.values(), *self.left_out.values())
        return sum(of.mean.nbytes + of.spread.nbytes + of.uniform.nbytes for of in scores)

    def score(self, measure: str, *, count_special: bool) -> Score:
        """Give one job of all heads. Raises ``NothingToMeasure`` if no text has what it asks for."""
        scores = self.scores(count_special=count_special)
        if measure not in scores:
            raise NothingToMeasure(measure=measure_label(measure))
        return scores[measure]

    def scores(self, *, count_special: bool) -> dict[str, Score]:
        """Give the jobs that could be measured, special tokens counted or left out."""
        return self.counted if count_special else self.left_out


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Hold what one run has to say to a board; who measures it, and where, makes no difference to the sums."""

    model: ModelInfo
    n_texts: int
    counted: list[Found]
    left_out: list[Found]


def part(run: Run, by: str = WEIGHT) -> Part:
    """Measure every job of every head in the texts of one run, by weight or by contribution.

    Raises ``NoContributions``.
    """
    run = read_by(run, by)
    return Part(run.model, len(run.batch.texts), found(run, NAMES), found(run, NAMES, count_special=False))


def total(parts: Iterable[Part]) -> Board:
    """Add parts up in their order; only sums are kept, so memory does not grow with their number."""
    counted, left_out = Accumulator(NAMES), Accumulator(NAMES, count_special=False)
    n_texts = 0
    for of in parts:
        counted.take(of.counted)
        left_out.take(of.left_out)
        n_texts += of.n_texts
        model = of.model
    return Board(model, n_texts, _scores(counted), _scores(left_out))


def measure(runs: Iterable[Run], by: str = WEIGHT) -> Board:
    """Measure runs one after the other, by weight or by contribution; none is kept. Raises ``NoContributions``."""
    return total(map(partial(part, by=by), runs))


def _scores(of: Accumulator) -> dict[str, Score]:
    return {
        name: Score(name, of.mean(name), of.spread(name), of.uniform(name), of.n_texts(name))
        for name in NAMES
        if of.n_texts(name)
    }


def pair_score(run: Run, row: int, query: Chosen, key: Chosen) -> Score:
    """Measure what the query gives to the key in one text.

    Raises ``WordNotInText`` or ``AmbiguousWord``, ``NothingToMeasure`` if the query may look at nothing.
    """
    values, expected = by_row(run, PAIR, row=row, pair=(query, key))
    if np.isnan(expected).all():
        raise NothingToMeasure(measure=measure_label(PAIR))
    return Score(PAIR, values[0], np.zeros_like(values[0]), expected[0], 1)


def difference(before: Score, after: Score) -> np.ndarray | None:
    """Give after minus before head by head, float32 ``[L, H]``; None where the models have different shapes."""
    return after.mean - before.mean if before.mean.shape == after.mean.shape else None


def word_names(run: Run, row: int) -> dict[str, Word]:
    """Name the words of a row; one that stands there more than once is followed by its position."""
    there = words(run, row)
    plain = [word.text.casefold() for word in there]
    return {
        word.text if plain.count(text) == 1 else f"{word.text} ({position_number(word.positions[0])})": word
        for word, text in zip(there, plain, strict=True)
    }


def word_named(run: Run, row: int, name: str | None) -> str | None:
    """Give the name of a typed word: by its name, its letters, or its position counted from 1; None if none fits."""
    names = word_names(run, row)
    if name is None or name in names:
        return name
    if name.isascii() and name.isdigit():
        wanted = [n for n, word in names.items() if name in map(str, map(position_number, word.positions))]
    else:
        wanted = [n for n, word in names.items() if word.text.casefold() == name.casefold()]
    return wanted[0] if wanted else None


def listed(score: Score, *, order: str = "best", bound: float | None = None) -> list[Head]:
    """List heads in an order ("best" first, best "last", or by "place"), only those at least as good as ``bound``."""
    heads = [(layer, head) for layer, head, _value in ranked(score.mean, score.measure)]
    if order == "last":
        heads.reverse()
    elif order == "place":
        heads.sort()
    kept = within(score, bound)
    return [head for head in heads if kept[head]]


def within(score: Score, bound: float | None) -> np.ndarray:
    """Tell which heads are at least as good as a bound, bool ``[L, H]``; of entropy, which are at most so high."""
    if bound is None:
        return np.ones(score.mean.shape, dtype=bool)
    return score.mean <= bound if MEASURES[score.measure].lowest_first else score.mean >= bound


def even_values(uniform: np.ndarray) -> tuple[float, ...]:
    """Give what a uniform head has, ``[L]``: one value where all layers agree, else the smallest and the largest."""
    known = uniform[~np.isnan(uniform)]
    low, high = float(known.min()), float(known.max())
    return (low,) if low == high else (low, high)


def board_table(scores: Iterable[Score], heads: Sequence[Head]) -> dict[str, list]:
    """List heads as columns: both names, then each job's value and, over several texts, its spread."""
    table: dict[str, list] = {
        "head": [head_label(*head) for head in heads],
        "index": [head_index_label(*head) for head in heads],
    }
    for score in scores:
        table[score.measure] = [float(score.mean[head]) for head in heads]
        if score.n_texts > 1:
            table[f"{score.measure}_spread"] = [float(score.spread[head]) for head in heads]
    return table


def measure_label(name: str) -> str:
    """Name a measured job as the screen does."""
    names = {
        "previous": _("previous token"),
        "next": _("next token"),
        "self": _("itself"),
        "first": _("first token, [CLS]"),
        "sep": _("[SEP] or punctuation"),
        "sink": _("sink: first token and [SEP]"),
        "local": _("near: two tokens to either side"),
        "same": _("same word elsewhere"),
        "duplicate": _("earlier copy of this token"),
        "induction": _("induction: after an earlier copy"),
        "entropy": _("entropy"),
        "rank": _("narrow or broad: rank by entropy"),
        "distance": _("mean distance"),
        "padding": _("mass on padding"),
        "pair": _("from this word to that word"),
    }
    return names[name]
