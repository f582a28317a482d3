"""Measure what a head gives to each offset, key - query, over many texts, and how much of it that alone explains."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from viz.analysis.words import special_tokens
from viz.errors import NothingToMeasure
from viz.names import head_index_label, head_label, head_title
from viz.records import ModelInfo, Run, lock
from viz.text import _, percent

EVEN = 1e-12  # what is left of a head's squares by rounding alone, where all its weights are equal

Head = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Hold of every head the mean attention and its spread at each offset, and R².

    ``offsets`` int64 ``[O]`` are key - query in real tokens. ``n_cells`` int64 ``[L, O]`` counts the cells of a layer;
    ``mean`` and ``spread`` (standard deviation over cells) float32 ``[L, H, O]`` are NaN where there are none.
    ``explained`` float64 ``[L, H]`` is R² = Σ nₒ(mean at o - mean)² / Σ(weight - mean)², sums over offsets and over
    cells: what a table of offsets alone would explain. NaN where all weights of a head are equal.
    """

    offsets: np.ndarray
    n_cells: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    explained: np.ndarray

    def __post_init__(self):
        n_layers, n_heads = self.explained.shape
        n_offsets = len(self.offsets)
        lock("offsets", self.offsets, (n_offsets,))
        lock("n_cells", self.n_cells, (n_layers, n_offsets))
        for name in ("mean", "spread"):
            lock(name, getattr(self, name), (n_layers, n_heads, n_offsets))
        lock("explained", self.explained, (n_layers, n_heads))

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes."""
        return sum(of.nbytes for of in (self.offsets, self.n_cells, self.mean, self.spread, self.explained))


@dataclass(frozen=True, slots=True, eq=False)
class OffsetProfiles:
    """Hold the profiles of every head over texts, special tokens counted and left out."""

    model: ModelInfo
    n_texts: int
    counted: Profiles
    left_out: Profiles

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        return self.counted.nbytes + self.left_out.nbytes

    def profiles(self, *, count_special: bool) -> Profiles:
        """Give the profiles, special tokens counted or left out. Raises ``NothingToMeasure`` where nothing is left."""
        of = self.counted if count_special else self.left_out
        if not of.n_cells.any():
            raise NothingToMeasure(measure="R²")
        return of


@dataclass
class Sums:
    """Add up weights and their squares by offset; index 0 is the offset -reach."""

    reach: int = -1
    n_cells: np.ndarray = field(default_factory=lambda: np.zeros((1, 0), dtype=np.int64))  # [L, O]
    sums: np.ndarray = field(default_factory=lambda: np.zeros((1, 1, 0)))  # [L, H, O]
    squares: np.ndarray = field(default_factory=lambda: np.zeros((1, 1, 0)))

    def add(self, run: Run, *, count_special: bool) -> None:
        """Add the cells of all texts of a run."""
        reach = int(run.batch.attention_mask.sum(axis=1).max()) - 1
        self._make_room(reach, run.model.n_layers, run.model.n_heads)
        for row in range(len(run.batch.texts)):
            real = run.batch.attention_mask[row]
            counted = real if count_special else real & ~special_tokens(run, row)
            order = real.cumsum()
            offsets = order[None, :] - order[:, None] + self.reach
            for at, allowed in enumerate(run.allowed[row]):
                layers = slice(None) if run.allowed.shape[1] == 1 else slice(at, at + 1)
                self._add(run.attentions[row, layers], allowed & counted[:, None] & counted[None, :], offsets, layers)

    def _add(self, weights: np.ndarray, cells: np.ndarray, offsets: np.ndarray, layers: slice) -> None:
        """Add the cells of a row in one layer, or in all that let through the same; ``weights`` ``[l, H, Q, K]``."""
        by_offset = np.argsort(offsets[cells], kind="stable")
        if not len(by_offset):
            return
        found, begins, counts = np.unique(offsets[cells][by_offset], return_index=True, return_counts=True)
        values = weights[..., cells][..., by_offset].astype(np.float64)
        self.n_cells[layers, found] += counts
        self.sums[layers, :, found] += np.add.reduceat(values, begins, axis=-1)
        self.squares[layers, :, found] += np.add.reduceat(values**2, begins, axis=-1)

    def take(self, other: "Sums") -> None:
        """Add other sums to these."""
        self._make_room(other.reach, *other.sums.shape[:2])
        at = slice(self.reach - other.reach, self.reach + other.reach + 1)
        self.n_cells[:, at] += other.n_cells
        self.sums[..., at] += other.sums
        self.squares[..., at] += other.squares

    def _make_room(self, reach: int, n_layers: int, n_heads: int) -> None:
        """Widen the arrays to the longest row there was."""
        reach = max(reach, self.reach)
        wider = reach - self.reach
        if self.reach < 0:
            self.n_cells = np.zeros((n_layers, 2 * reach + 1), dtype=np.int64)
            self.sums, self.squares = (np.zeros((n_layers, n_heads, 2 * reach + 1)) for _ in range(2))
        elif wider:
            edges = (wider, wider)
            self.n_cells = np.pad(self.n_cells, ((0, 0), edges))
            self.sums, self.squares = (np.pad(of, ((0, 0), (0, 0), edges)) for of in (self.sums, self.squares))
        self.reach = reach

    def profiles(self) -> Profiles:
        """Give mean, spread and R² of what was added up."""
        n = self.n_cells[:, None, :]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self.sums / n
            within = self.squares - n * mean**2
            squares = self.squares.sum(axis=-1)
            total = squares - self.sums.sum(axis=-1) ** 2 / n.sum(axis=-1)
            explained = 1 - np.nansum(within, axis=-1) / np.where(total > EVEN * squares, total, np.nan)
            spread = np.sqrt(np.maximum(within, 0) / n)
        kept = self.n_cells.any(axis=0)
        return Profiles(
            offsets=(np.arange(2 * self.reach + 1) - self.reach)[kept],
            n_cells=self.n_cells[:, kept],
            mean=mean[..., kept].astype(np.float32),
            spread=spread[..., kept].astype(np.float32),
            explained=explained,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Hold the sums of one run; who makes them, and where, makes no difference to those of all."""

    model: ModelInfo
    n_texts: int
    counted: Sums
    left_out: Sums


def part(run: Run) -> Part:
    """Add up the cells of one run.

    Cells are those that a layer let a real query look at; padding, later keys of a causal model and rows that may look
    at nothing are none.
    """
    counted, left_out = Sums(), Sums()
    counted.add(run, count_special=True)
    left_out.add(run, count_special=False)
    return Part(run.model, len(run.batch.texts), counted, left_out)


def total(parts: Iterable[Part]) -> OffsetProfiles:
    """Add parts up in their order; only sums are kept."""
    counted, left_out = Sums(), Sums()
    n_texts = 0
    for of in parts:
        counted.take(of.counted)
        left_out.take(of.left_out)
        n_texts += of.n_texts
        model = of.model
    return OffsetProfiles(model, n_texts, counted.profiles(), left_out.profiles())


def measure(runs: Iterable[Run]) -> OffsetProfiles:
    """Measure runs one after the other; none is kept."""
    return total(map(part, runs))


def by_explained(of: Profiles) -> list[Head]:
    """List the heads, those that offsets explain best first; heads without a number are left out."""
    known = int(np.isfinite(of.explained).sum())
    order = np.argsort(np.where(np.isnan(of.explained), np.inf, -of.explained), axis=None, kind="stable")[:known]
    layers, heads = np.unravel_index(order, of.explained.shape)
    return [(int(layer), int(head)) for layer, head in zip(layers, heads, strict=True)]


def position_only(of: Profiles, run: Run, row: int, head: Head) -> np.ndarray:
    """Give the map that offsets alone would make for a text, float32 ``[Q, K]``: the mean of each cell's offset.

    NaN where the layer lets nothing through, and at offsets that were never measured.
    """
    layer = head[0]
    order = run.batch.attention_mask[row].cumsum()
    offsets = order[None, :] - order[:, None]
    at = np.clip(np.searchsorted(of.offsets, offsets), 0, len(of.offsets) - 1)
    allowed = run.allowed[row, layer if run.allowed.shape[1] > 1 else 0]
    real = run.batch.attention_mask[row]
    known = (of.offsets[at] == offsets) & allowed & real[:, None] & real[None, :]
    return np.where(known, of.mean[head][at], np.float32(np.nan))


def profile_said(of: Profiles, head: Head) -> str:
    """Say how much of a head offsets explain, and which offset gets most."""
    explained = float(of.explained[head])
    if np.isnan(explained):
        return _("{head} gives the same weight to every cell: there is nothing to explain.").format(
            head=head_title(*head)
        )
    at = int(np.nanargmax(of.mean[head]))
    message = _(
        "{head}: offsets alone explain {explained} of it (R²). Most goes to offset {offset:+d}: {mean:.2f} ± "
        "{spread:.2f}."
    )
    return message.format(
        head=head_title(*head),
        explained=percent(explained, 1),
        offset=int(of.offsets[at]),
        mean=float(of.mean[head][at]),
        spread=float(of.spread[head][at]),
    )


def offsets_table(of: Profiles, heads: Sequence[Head]) -> dict[str, list]:
    """List heads as columns: both names, R², the offset with most attention and its mean and spread."""
    at = [int(np.nanargmax(of.mean[head])) for head in heads]
    return {
        "head": [head_label(*head) for head in heads],
        "index": [head_index_label(*head) for head in heads],
        "explained": [float(of.explained[head]) for head in heads],
        "offset": [int(of.offsets[n]) for n in at],
        "mean": [float(of.mean[head][n]) for head, n in zip(heads, at, strict=True)],
        "spread": [float(of.spread[head][n]) for head, n in zip(heads, at, strict=True)],
    }
