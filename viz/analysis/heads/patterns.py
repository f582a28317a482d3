"""Score every head by a measured job, over one text or many, and give what a uniform head would have.

The value of a uniform head is the same sum over a map that looks evenly at all its layer lets it look at: no padding,
nothing hidden, in a model that reads from left to right nothing later, and only its window where a layer has one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from viz.analysis.heads.measures import MEASURES, Measure, Text
from viz.analysis.words import find, is_punctuation, pieces, special_tokens
from viz.errors import NothingToMeasure, TokensDoNotFit, WordNotInText
from viz.names import position_number
from viz.records import Run

SEPARATORS = ("[SEP]", "</s>", "<sep>")

Rows = tuple[np.ndarray, np.ndarray]  # float32[B, L, H], and of uniform heads float64[B, L]
Chosen = str | Sequence[int]  # a word of the text, or 0-based positions


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Hold what one measure found in one text: each head's value, float32 ``[L, H]``, and a uniform head's, ``[L]``."""

    measure: str
    values: np.ndarray
    expected: np.ndarray


def found(run: Run, names: Sequence[str], *, count_special: bool = True) -> list[Found]:
    """Measure every text of a run; a measure that finds nothing in a text gives nothing for it."""
    texts = _texts(run, range(len(run.batch.tokens)), count_special, None)
    return [
        Found(name, values, expected)
        for name, rows in _by_row(run, texts, names)
        for values, expected in zip(*rows, strict=True)
        if not np.isnan(expected).all()
    ]


class Accumulator:
    """Keep mean and spread per head over many texts, without keeping their runs (Welford 1962).

    A text counts for a measure where it finds something; in a layer with a window it may find less than in others.
    """

    def __init__(self, names: Sequence[str], *, count_special: bool = True):
        self.names = tuple(names)
        self._count_special = count_special
        self._n = dict.fromkeys(self.names, 0)
        self._counts = {name: np.zeros(1, dtype=int) for name in self.names}  # [L], texts found in each layer
        self._mean, self._squares = ({name: np.zeros((1, 1)) for name in self.names} for _ in range(2))  # [L, H]
        self._uniform = {name: np.zeros(1) for name in self.names}  # [L]

    def add(self, run: Run) -> None:
        """Add every text of a run; a text in which a measure finds nothing does not count for it."""
        self.take(found(run, self.names, count_special=self._count_special))

    def take(self, texts: Iterable[Found]) -> None:
        """Add what was found in texts."""
        for of in texts:
            self._add(of.measure, of.values.astype(np.float64), of.expected)

    def _add(self, name: str, value: np.ndarray, expected: np.ndarray) -> None:
        found = ~np.isnan(expected)
        self._n[name] += 1
        self._counts[name] = self._counts[name] + found
        away = np.where(found[:, None], value - self._mean[name], 0)
        self._mean[name] = self._mean[name] + away / np.maximum(self._counts[name], 1)[:, None]
        self._squares[name] = self._squares[name] + away * np.where(found[:, None], value - self._mean[name], 0)
        self._uniform[name] = self._uniform[name] + np.where(found, expected, 0)

    def n_texts(self, name: str) -> int:
        """Count the texts in which the measure found something, in any layer."""
        return self._n[name]

    def mean(self, name: str) -> np.ndarray:
        """Give the mean over texts, float32 ``[L, H]``, NaN in layers without any. Raises ``NothingToMeasure``."""
        counts = self._found(name)[:, None]
        return np.where(np.isnan(counts), np.nan, self._mean[name]).astype(np.float32)

    def spread(self, name: str) -> np.ndarray:
        """Give the standard deviation over texts (of these texts, not an estimate for others), float32 ``[L, H]``."""
        return np.sqrt(self._squares[name] / self._found(name)[:, None]).astype(np.float32)

    def uniform(self, name: str) -> np.ndarray:
        """Give the mean over texts of what a uniform head of each layer has, float64 ``[L]``."""
        return self._uniform[name] / self._found(name)

    def _found(self, name: str) -> np.ndarray:
        """Count the texts of each layer, float64 ``[L]``, NaN where there is none."""
        if not self._n[name]:
            raise NothingToMeasure(measure=name)
        return np.where(self._counts[name] > 0, self._counts[name], np.nan)


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
    return _mean_over_rows(values, np.broadcast_to(expected[..., None], values.shape), measure).astype(np.float32)


def uniform(
    run: Run,
    measure: str,
    *,
    row: int | None = None,
    count_special: bool = True,
    pair: tuple[Chosen, Chosen] | None = None,
) -> np.ndarray:
    """Give what ``score`` would be for a head that looks evenly at all its layer lets it look at, float64 ``[L]``."""
    _values, expected = by_row(run, measure, row=row, count_special=count_special, pair=pair)
    return _mean_over_rows(expected, expected, measure)


def by_row(
    run: Run,
    measure: str,
    *,
    row: int | None = None,
    count_special: bool = True,
    pair: tuple[Chosen, Chosen] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Measure each row: float32 ``[B, L, H]``, and the values of uniform heads, float64 ``[B, L]``.

    Both are NaN in a row, or a layer of it, where the measure finds nothing. With ``row`` there is only that one.
    """
    rows = range(len(run.batch.tokens)) if row is None else [row]
    ((_name, found),) = _by_row(run, _texts(run, rows, count_special, pair), [measure])
    return found


def ranked(values: np.ndarray, measure: str) -> list[tuple[int, int, float]]:
    """List the heads of ``[L, H]``, best first, as (layer, head, value): highest first, but lowest entropy first.

    Heads of a layer in which nothing was measured, NaN, are left out.
    """
    order = np.argsort(values if MEASURES[measure].lowest_first else -values, axis=None, kind="stable")
    layers, heads = np.unravel_index(order[: np.isfinite(values).sum()], values.shape)
    return [(int(layer), int(head), float(values[layer, head])) for layer, head in zip(layers, heads, strict=True)]


def _mean_over_rows(values: np.ndarray, expected: np.ndarray, measure: str) -> np.ndarray:
    """Give the mean over the rows in which something was found, NaN where in none.

    Raises ``NothingToMeasure`` if nothing was found anywhere.
    """
    found = ~np.isnan(expected)
    if not found.any():
        raise NothingToMeasure(measure=measure)
    with np.errstate(invalid="ignore"):
        return np.where(found, values, 0).sum(axis=0) / found.sum(axis=0)


def _by_row(run: Run, texts: dict[int, list[Text]], names: Sequence[str]) -> Iterator[tuple[str, Rows]]:
    """Measure rows; what is a rank takes the sums of the measure it ranks, which are made once."""
    made: dict[str, Rows] = {}
    for name in names:
        of = MEASURES[name].ranks or name
        if of not in made:
            made[of] = _sums(run, texts, MEASURES[of])
        yield name, made[of] if of == name else _ranks(*made[of])


def _ranks(values: np.ndarray, expected: np.ndarray) -> Rows:
    """Rank the heads of each row by their values: 1 + how many are smaller by more than rounding makes."""
    values, expected = np.round(values.astype(np.float64), 5), np.round(expected, 5)
    smaller = [(row.ravel() < of[..., None]).sum(axis=-1) for row, of in zip(values, values, strict=True)]
    than_even = [(row.ravel() < of[:, None]).sum(axis=-1) for row, of in zip(values, expected, strict=True)]
    ranks = np.where(np.isnan(values), np.nan, 1 + np.array(smaller)).astype(np.float32)
    return ranks, np.where(np.isnan(expected), np.nan, 1 + np.array(than_even))


def _sums(run: Run, texts: dict[int, list[Text]], measure: Measure) -> Rows:
    n_layers, n_heads = run.model.n_layers, run.model.n_heads
    values = np.full((len(texts), n_layers, n_heads), np.nan, dtype=np.float32)
    expected = np.full((len(texts), n_layers), np.nan)
    for n, (row, of_layers) in enumerate(texts.items()):
        for first, text in enumerate(of_layers):
            layers = slice(None) if len(of_layers) == 1 else slice(first, first + 1)
            weights = _weights(text, measure)
            if weights is not None:
                values[n, layers] = _sum(run.attentions[row, layers], weights, measure.in_bits)
                expected[n, layers] = _sum(_even(text.allowed), weights, measure.in_bits)[0, 0]
    return values, expected


def _texts(
    run: Run, rows: Sequence[int], count_special: bool, pair: tuple[Chosen, Chosen] | None
) -> dict[int, list[Text]]:
    """Describe rows for the measures, once where all layers let through the same, else once a layer."""
    pairs = {} if pair is None else _pairs(run, rows, pair)
    return {row: _of_layers(run, row, count_special, pairs.get(row)) for row in rows}


def _of_layers(run: Run, row: int, count_special: bool, pair: tuple[Sequence[int], Sequence[int]] | None) -> list[Text]:
    real = run.batch.attention_mask[row]
    counted = real if count_special else real & ~special_tokens(run, row)
    ends = np.array([token in SEPARATORS for token in run.batch.tokens[row]])
    separates = ends.copy()
    for piece in pieces(run, row):
        separates[piece.position] |= is_punctuation(piece.characters or "")
    return [
        Text(
            tokens=run.batch.tokens[row],
            separates=separates,
            ends=ends,
            real=real,
            counted=counted,
            queries=counted & allowed.any(axis=-1),
            order=real.cumsum(),
            allowed=allowed & real[:, None] & real[None, :],
            pair=pair,
        )
        for allowed in run.allowed[row]
    ]


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
