"""Hold a model's tables of positions, compute the sinusoidal one, and compare positions by their distance.

The sinusoidal encoding is that of Vaswani et al. (2017), "Attention Is All You Need", section 3.5.
"""

from dataclasses import dataclass

import numpy as np

from viz.records import ModelInfo, lock

# What a table holds: a vector a position, learned or computed; angles that turn queries and keys; a bias a distance and
# head, looked up or a straight line; a vector a distance.
LEARNED, SINUSOIDAL, ROTARY, BIAS, SLOPES, DISTANCES = KINDS = (
    "learned",
    "sinusoidal",
    "rotary",
    "bias",
    "slopes",
    "distances",
)


@dataclass(frozen=True, slots=True, eq=False)
class PositionTable:
    """Hold one table of a model, float32 ``[N, D]``, and what each of its rows is of.

    ``values``: D numbers a position (learned, sinusoidal); the angle in radians by which each of D pairs of numbers is
    turned (rotary); what is added to the scores of each of D heads (bias, slopes); D numbers a distance (distances).
    ``rows``: int64 ``[N]``, positions counted from 0, or distances key - query. ``n_positions`` may be more than N: the
    first ones are kept. ``name`` is where the table lies in the model, ``stack`` in which of its stacks.
    """

    kind: str
    name: str
    stack: str
    values: np.ndarray
    rows: np.ndarray
    n_positions: int

    def __post_init__(self):
        lock("values", self.values, (len(self.rows), self.values.shape[-1]))
        lock("rows", self.rows, (len(self.values),))

    @property
    def has_vectors(self) -> bool:
        """Whether each row stands for a position, so that positions can be compared."""
        return self.kind in (LEARNED, SINUSOIDAL, ROTARY)


@dataclass(frozen=True, slots=True, eq=False)
class PositionTables:
    """Hold every table of positions that a model has; none where its order comes from elsewhere."""

    model: ModelInfo
    tables: tuple[PositionTable, ...]

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        return sum(table.values.nbytes + table.rows.nbytes for table in self.tables)


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """Hold how alike two positions are that lie so far apart: cosines over all pairs at each distance.

    ``distances`` int64 ``[N]`` from 0; ``mean`` and ``spread`` (standard deviation) float64 ``[N]``; ``n_pairs`` int64.
    """

    distances: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    n_pairs: np.ndarray


def sinusoidal(n_positions: int, n_dims: int) -> np.ndarray:
    """Compute the encoding of Vaswani et al. (2017), float32 ``[N, D]``.

    PE(p, 2i) = sin(p / 10000^(2i/D)) and PE(p, 2i+1) = cos(p / 10000^(2i/D)).
    """
    columns = np.arange(n_dims)
    angles = np.arange(n_positions)[:, None] / 10_000 ** ((columns - columns % 2) / n_dims)
    return np.where(columns % 2, np.cos(angles), np.sin(angles)).astype(np.float32)


def computed(table: PositionTable) -> PositionTable:
    """Give the sinusoidal table of the same positions and numbers a position, to stand beside a model's own.

    Of angles it has a sine and a cosine each.
    """
    n_dims = table.values.shape[1] * (2 if table.kind == ROTARY else 1)
    values = sinusoidal(len(table.values), n_dims)
    return PositionTable(SINUSOIDAL, "", table.stack, values, np.arange(len(values)), table.n_positions)


def vectors(table: PositionTable) -> np.ndarray:
    """Give the vector that stands for each position, float64 ``[N, D]``; of angles their cosines and sines."""
    values = table.values.astype(np.float64)
    return np.concatenate([np.cos(values), np.sin(values)], axis=1) if table.kind == ROTARY else values


def similarity(table: PositionTable) -> Similarity:
    """Compare every position with those behind it: the cosine of their vectors, by distance.

    A vector of zeros is like none: its cosines are 0.
    """
    of = vectors(table)
    lengths = np.linalg.norm(of, axis=1, keepdims=True)
    of = of / np.where(lengths > 0, lengths, 1)
    cosines = of @ of.T
    diagonals = [np.diagonal(cosines, distance) for distance in range(len(of))]
    return Similarity(
        distances=np.arange(len(of)),
        mean=np.array([cells.mean() for cells in diagonals]),
        spread=np.array([cells.std() for cells in diagonals]),
        n_pairs=np.array([len(cells) for cells in diagonals]),
    )


def shorter_from(table: PositionTable) -> int | None:
    """Give the position from which on all vectors are less than half as long as those before are (their median).

    Training moves only the positions it meets: behind its longest text a table stays as short as it was born. None
    where there is no such place.
    """
    lengths = np.linalg.norm(table.values.astype(np.float64), axis=1)
    longest_behind = np.maximum.accumulate(lengths[::-1])[::-1]
    found = (at for at in range(1, len(lengths)) if longest_behind[at] < np.median(lengths[:at]) / 2)
    return next(found, None)


def columns(table: PositionTable) -> dict[str, list]:
    """List a table as columns for a file: the position or distance, then its numbers."""
    first = "position" if table.has_vectors else "distance"
    return {first: table.rows.tolist()} | {str(n): column for n, column in enumerate(table.values.T.tolist())}
