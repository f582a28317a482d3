"""Score every head by a measured job, over one text or many, and give what a uniform head would have.

The value of a uniform head is the same sum over a map that looks evenly at all it may look at: no padding, nothing
hidden, in a model that reads from left to right nothing later.
"""

from collections.abc import Sequence

import numpy as np

from viz.analysis.heads.measures import MEASURES, Measure, Text
from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.analysis.words import find, is_punctuation, pieces, special_tokens
from viz.errors import NothingToMeasure, TokensDoNotFit, WordNotInText
from viz.names import position_number
from viz.records import Run

SEPARATORS = ("[SEP]", "</s>", "<sep>")

Chosen = str | Sequence[int]  # a word of the text, or 0-based positions


class Accumulator:
    """Keep mean and spread per head over many texts, without keeping their runs (Welford 1962)."""

    def __init__(self, names: Sequence[str], *, count_special: bool = True):
        self.names = tuple(names)
        self._count_special = count_special
        self._n = dict.fromkeys(self.names, 0)
        self._mean = dict.fromkeys(self.names, 0.0)
        self._squares = dict.fromkeys(self.names, 0.0)
        self._uniform = dict.fromkeys(self.names, 0.0)

    def add(self, run: Run) -> None:
        """Add every text of a run; a text in which a measure finds nothing does not count for it."""
        texts = _texts(run, range(len(run.batch.tokens)), self._count_special, None)
        for name in self.names:
            for value, expected in zip(*_by_row(run, texts, MEASURES[name])):
                if not np.isnan(expected):
                    self._add(name, value.astype(np.float64), float(expected))

    def _add(self, name: str, value: np.ndarray, expected: float) -> None:
        self._n[name] += 1
        away = value - self._mean[name]
        self._mean[name] = self._mean[name] + away / self._n[name]
        self._squares[name] = self._squares[name] + away * (value - self._mean[name])
        self._uniform[name] += expected

    def n_texts(self, name: str) -> int:
        """Count the texts in which the measure found something."""
        return self._n[name]

    def mean(self, name: str) -> np.ndarray:
        """Give the mean over texts, float32 ``[L, H]``. Raises ``NothingToMeasure``."""
        self._require(name)
        return self._mean[name].astype(np.float32)

    def spread(self, name: str) -> np.ndarray:
        """Give the standard deviation over texts (of these texts, not an estimate for others), float32 ``[L, H]``."""
        self._require(name)
        return np.sqrt(self._squares[name] / self._n[name]).astype(np.float32)

    def uniform(self, name: str) -> float:
        """Give the mean over texts of what a uniform head has."""
        self._require(name)
        return self._uniform[name] / self._n[name]

    def _require(self, name: str) -> None:
        if not self._n[name]:
            raise NothingToMeasure(measure=name)


def score(
    run: Run,
    measure: str,
    *,
    row: int | None = None,
    count_special: bool = True,
    pair: tuple[Chosen, Chosen] | None = None,
) -> np.ndarray:
    """Measure one job of all heads, float32 ``[L, H]``: in one row, or the mean over the rows where there is something.

    ``count_special=False`` leaves out special tokens as queries and as keys; the weights that remain are not scaled
    up. ``pair`` is the query and the key of the measure ``pair``, each a word or 0-based positions.
    Raises ``NothingToMeasure``, ``WordNotInText``, ``AmbiguousWord`` or ``TokensDoNotFit``.
    """
    values, expected = by_row(run, measure, row=row, count_special=count_special, pair=pair)
    return values[_found(expected, measure)].mean(axis=0)


def uniform(
    run: Run,
    measure: str,
    *,
    row: int | None = None,
    count_special: bool = True,
    pair: tuple[Chosen, Chosen] | None = None,
) -> float:
    """Give what ``score`` would be for a head that looks evenly at all it may look at: no padding, nothing hidden."""
    _values, expected = by_row(run, measure, row=row, count_special=count_special, pair=pair)
    return float(expected[_found(expected, measure)].mean())


def by_row(
    run: Run,
    measure: str,
    *,
    row: int | None = None,
    count_special: bool = True,
    pair: tuple[Chosen, Chosen] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Measure each row: float32 ``[B, L, H]``, and the value of a uniform head, float64 ``[B]``.

    Both are NaN in a row where the measure finds nothing. With ``row`` there is only that one.
    """
    rows = range(len(run.batch.tokens)) if row is None else [row]
    return _by_row(run, _texts(run, rows, count_special, pair), MEASURES[measure])


def ranked(values: np.ndarray, measure: str) -> list[tuple[int, int, float]]:
    """List all heads of ``[L, H]``, best first, as (layer, head, value): highest first, but lowest entropy first."""
    order = np.argsort(values if MEASURES[measure].lowest_first else -values, axis=None, kind="stable")
    layers, heads = np.unravel_index(order, values.shape)
    return [(int(layer), int(head), float(values[layer, head])) for layer, head in zip(layers, heads)]


def _by_row(run: Run, texts: dict[int, Text], measure: Measure) -> tuple[np.ndarray, np.ndarray]:
    values = np.full((len(texts), run.model.n_layers, run.model.n_heads), np.nan, dtype=np.float32)
    expected = np.full(len(texts), np.nan)
    for n, (row, text) in enumerate(texts.items()):
        weights = _weights(text, measure)
        if weights is not None:
            values[n] = _sum(run.attentions[row], weights, measure.in_bits)
            expected[n] = _sum(_even(text.allowed), weights, measure.in_bits)[0, 0]
    return values, expected


def _texts(run: Run, rows: Sequence[int], count_special: bool, pair: tuple[Chosen, Chosen] | None) -> dict[int, Text]:
    pairs = {} if pair is None else _pairs(run, rows, pair)
    visible = cell_states(run) == VISIBLE
    return {row: _text(run, row, visible[row], count_special, pairs.get(row)) for row in rows}


def _text(
    run: Run, row: int, visible: np.ndarray, count_special: bool, pair: tuple[Sequence[int], Sequence[int]] | None
) -> Text:
    real = run.batch.attention_mask[row]
    separates = np.array([token in SEPARATORS for token in run.batch.tokens[row]])
    for piece in pieces(run, row):
        separates[piece.position] |= is_punctuation(piece.characters or "")
    return Text(
        tokens=run.batch.tokens[row],
        separates=separates,
        real=real,
        counted=real if count_special else real & ~special_tokens(run, row),
        order=real.cumsum(),
        allowed=visible & real[:, None] & real[None, :],
        pair=pair,
    )


def _weights(text: Text, measure: Measure) -> np.ndarray | None:
    """Give what each cell counts, divided by the number of queries, float32 ``[Q, K]``; None without a query."""
    cells, queries = measure.cells(text)
    if not queries.any():
        return None
    return (cells * (queries / queries.sum())[:, None]).astype(np.float32)


def _sum(maps: np.ndarray, weights: np.ndarray, in_bits: bool) -> np.ndarray:
    """Sum maps ``[L, H, Q, K]`` with weights ``[Q, K]`` to ``[L, H]``, layer by layer to need little memory."""
    return np.stack([_content(of, in_bits).reshape(len(of), -1) @ weights.ravel() for of in maps])


def _content(maps: np.ndarray, in_bits: bool) -> np.ndarray:
    return -maps * np.log2(np.where(maps > 0, maps, 1)) if in_bits else maps


def _even(allowed: np.ndarray) -> np.ndarray:
    """Spread each query's attention evenly over the keys it may look at, float64 ``[1, 1, Q, K]``."""
    return (allowed / np.maximum(allowed.sum(axis=1, keepdims=True), 1))[None, None]


def _pairs(run: Run, rows: Sequence[int], pair: tuple[Chosen, Chosen]) -> dict[int, tuple]:
    """Find query and key in the rows that have both; raises ``WordNotInText`` if none has."""
    found, missing = {}, []
    for row in rows:
        try:
            found[row] = tuple(_positions(run, row, chosen) for chosen in pair)
        except WordNotInText as error:
            missing.append(error)
    if not found:  # best said of a text that has the query at least
        raise next((error for error in missing if error.values["word"] == pair[1]), missing[0])
    return found


def _positions(run: Run, row: int, chosen: Chosen) -> Sequence[int]:
    if isinstance(chosen, str):
        return find(run, row, chosen)
    real = run.batch.attention_mask[row]
    if outside := [at for at in chosen if not 0 <= at < len(real) or not real[at]]:
        numbers = ", ".join(str(position_number(at)) for at in outside)
        raise TokensDoNotFit(positions=numbers, n_tokens=len(real))
    return chosen


def _found(expected: np.ndarray, measure: str) -> np.ndarray:
    """Give the rows in which a measure found something, bool ``[B]``; raises ``NothingToMeasure`` without any."""
    found = ~np.isnan(expected)
    if not found.any():
        raise NothingToMeasure(measure=measure)
    return found
