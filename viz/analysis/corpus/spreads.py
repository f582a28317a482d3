"""Count how a job's values spread over texts, for all heads at once, in memory that does not grow with the texts."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from viz.analysis.heads.boards import NAMES
from viz.analysis.heads.measures import MEASURES
from viz.analysis.heads.patterns import Found

BINS = 1_000  # of equal width, from 0 to the most a job can have: a quantile is told to half a bin, 0.0005 of a share
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Head = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Hold one job's values over texts: how many fall into each bin, int32 ``[L, H, BINS]``, from 0 to ``top``.

    ``least``, ``most`` and ``mean`` float64 ``[L, H]`` are exact; ``even`` float64 ``[L]`` is the mean of a head that
    looks evenly; ``n_texts`` int64 ``[L]`` are those in which the job can be measured.
    """

    measure: str
    top: float
    bins: np.ndarray
    least: np.ndarray
    most: np.ndarray
    mean: np.ndarray
    even: np.ndarray
    n_texts: np.ndarray

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes."""
        return sum(of.nbytes for of in (self.bins, self.least, self.most, self.mean, self.even, self.n_texts))

    def quantile(self, head: Head, share: float) -> float:
        """Give the middle of the bin up to which at least this share of the texts lies, within least and most."""
        below = self.bins[head].cumsum()
        at = int(np.searchsorted(below, share * below[-1]))
        middle = (min(at, BINS - 1) + 0.5) * self.top / BINS
        return float(np.clip(middle, self.least[head], self.most[head]))

    def histogram(self, head: Head, n_bars: int = 40) -> tuple[np.ndarray, np.ndarray]:
        """Give edges ``[n + 1]`` and counts ``[n]`` of bars from 0 up to the bin in which the largest value lies."""
        filled = np.flatnonzero(self.bins[head])
        last = int(filled[-1]) + 1 if len(filled) else 1
        width = math.ceil(last / n_bars)
        n = math.ceil(last / width)
        counts = np.pad(self.bins[head][: n * width], (0, max(0, n * width - BINS))).reshape(n, width).sum(axis=1)
        return np.arange(n + 1) * width * self.top / BINS, counts


class Spreading:
    """Add values up, text by text."""

    def __init__(self, shape: tuple[int, int], longest: int):
        self._shape, self._longest = shape, longest
        self._of: dict[str, _Sums] = {}

    def take(self, texts: Iterable[Found]) -> None:
        """Add what was found in texts."""
        for found in texts:
            if found.measure not in self._of:
                self._of[found.measure] = _Sums(self._shape, most_of(found.measure, self._longest, self._shape))
            self._of[found.measure].add(found)

    def spreads(self) -> Mapping[str, Spread]:
        """Give what was added up, job by job, in the order of the head board."""
        return {name: self._of[name].spread(name) for name in NAMES if name in self._of}


def most_of(measure: str, longest: int, shape: tuple[int, int]) -> float:
    """Give the most a job can have: a share 1, entropy the bits of the longest text, a rank the number of heads."""
    of = MEASURES[measure]
    if of.ranks is not None:
        return float(math.prod(shape))
    if of.in_bits:
        return math.log2(max(longest, 2))
    return float(max(longest - 1, 1)) if of.unit == "tokens" else 1.0


class _Sums:
    def __init__(self, shape: tuple[int, int], top: float):
        self._top = top
        self._bins = np.zeros((*shape, BINS), dtype=np.int32)
        self._least, self._most = np.full(shape, np.inf), np.full(shape, -np.inf)
        self._sum, self._even, self._n = np.zeros(shape), np.zeros(shape[0]), np.zeros(shape[0], dtype=np.int64)
        self._layers, self._heads = np.indices(shape)

    def add(self, found: Found) -> None:
        layers = ~np.isnan(found.expected)
        values = found.values.astype(np.float64)
        counted = values[layers]
        at = np.clip((counted * (BINS / self._top)).astype(np.int64), 0, BINS - 1)
        self._bins[self._layers[layers], self._heads[layers], at] += 1
        self._least[layers] = np.minimum(self._least[layers], counted)
        self._most[layers] = np.maximum(self._most[layers], counted)
        self._sum[layers] += counted
        self._even[layers] += found.expected[layers]
        self._n += layers

    def spread(self, name: str) -> Spread:
        n = np.where(self._n > 0, self._n, np.nan)
        even, mean = self._even / n, self._sum / n[:, None]
        return Spread(name, self._top, self._bins, self._least, self._most, mean, even, self._n)
