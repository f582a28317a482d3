"""Measure how far the heads of two runs lie apart over the tokens that are paired.

The measure is the total variation distance of two attention rows, for each paired query q:

    ½ · ( Σ over paired keys k of |b[q,k] - a[q,k]|  +  what a and what b give to keys without a partner
          + |what b gives to padding - what a gives to padding| )

0 = it looks as before, 1 = all attention went elsewhere. A head's number is the mean over the paired queries. Of a word
in several pieces its keys are summed and its queries averaged, as if it were one token. Padding counts as one key: a
model that is told of it gives it nothing.

What a softmax makes of a query that may look at nothing is no attention: such a row, of either run, moves nowhere. A
key hidden in one run has the weight 0 there, and that is a change.
"""

from dataclasses import dataclass

import numpy as np

from viz.analysis.compare.comparison import Comparison
from viz.analysis.masks.cells import NOTHING, VISIBLE, cell_states, looks
from viz.records import Run


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Hold one of the two runs, and its own positions of what is paired."""

    run: Run
    row: int
    kind: str
    queries: tuple[tuple[int, ...], ...]
    keys: tuple[tuple[int, ...], ...]
    alone: tuple[int, ...]  # keys without a partner

    def weights(self, layer: int, head: int | slice) -> np.ndarray:
        """Give the rows of the paired queries, over all keys, float32 ``[..., P, K]``."""
        attentions = self.run.maps[self.kind].attentions[self.row, layer, head]
        sums = _summed(attentions, self.queries, axis=-2)
        return sums / np.array([len(pieces) for pieces in self.queries], dtype=np.float32)[:, None]

    def compares(self, layer: int) -> np.ndarray:
        """Tell which paired queries may look at something, with all their pieces, bool ``[P]``."""
        at_work = looks(self.run, layer, self.kind)[self.row]
        return np.array([at_work[list(pieces)].all() for pieces in self.queries], dtype=bool)

    def states(self, layer: int) -> np.ndarray:
        """Give the states of the paired cells, uint8 ``[P, P]``; visible where any piece of them is."""
        states = cell_states(self.run, layer, self.kind)[self.row]
        firsts = states[np.ix_([q[0] for q in self.queries], [k[0] for k in self.keys])]
        seen = _summed(_summed((states == VISIBLE).astype(int), self.queries, axis=-2), self.keys, axis=-1)
        return np.where(seen > 0, VISIBLE, firsts)

    @property
    def padding(self) -> np.ndarray:
        """Tell which keys are padding, bool ``[K]``."""
        return ~self.run.maps[self.kind].key_mask[self.row]


def difference(of: Comparison, layer: int, head: int) -> np.ndarray:
    """Give after minus before for one head over what is paired, float32 ``[P, P]``.

    NaN where neither run lets the query look at the key, and in the rows of queries that one of them lets look at
    nothing.
    """
    before, after = _sides(of)
    change = _summed(after.weights(layer, head), after.keys) - _summed(before.weights(layer, head), before.keys)
    return np.where(difference_states(of, layer) == VISIBLE, change, np.float32(np.nan))


def difference_states(of: Comparison, layer: int) -> np.ndarray:
    """Name the states of the cells of a difference, uint8 ``[P, P]``: visible where either run sees, else as after."""
    before, after = _sides(of)
    states = after.states(layer)
    states = np.where(before.states(layer) == VISIBLE, VISIBLE, states)
    return np.where(compared_queries(of, layer)[:, None], states, NOTHING)


def compared_queries(of: Comparison, layer: int) -> np.ndarray:
    """Tell which paired queries may look at something in a layer of both runs, bool ``[P]``."""
    before, after = _sides(of)
    return before.compares(layer) & after.compares(layer)


def head_changes(of: Comparison) -> np.ndarray:
    """Give the mean total variation distance of the rows of every head that both models have, float32 ``[L, H]``.

    NaN in a layer in which no paired query may look at anything, before and after.
    """
    shared = of.shared
    changes = np.full((shared.n_layers, shared.n_heads), np.nan, dtype=np.float32)
    for layer in range(shared.n_layers):
        rows = compared_queries(of, layer)
        if rows.any():
            changes[layer] = _distances(of, layer, slice(shared.n_heads))[:, rows].mean(axis=-1)
    return changes


def _distances(of: Comparison, layer: int, heads: slice) -> np.ndarray:
    """Give the total variation distance of each paired query's rows, float32 ``[H, P]``."""
    sides = _sides(of)
    rows = [side.weights(layer, heads) for side in sides]
    paired = [_summed(weights, side.keys) for weights, side in zip(rows, sides, strict=True)]
    unpaired = sum(weights[..., list(side.alone)].sum(axis=-1) for weights, side in zip(rows, sides, strict=True))
    padding = [weights[..., side.padding].sum(axis=-1) for weights, side in zip(rows, sides, strict=True)]
    return (np.abs(paired[1] - paired[0]).sum(axis=-1) + unpaired + np.abs(padding[1] - padding[0])) / 2


def _sides(of: Comparison) -> tuple[_Side, _Side]:
    def side(run: Run, row: int, name: str) -> _Side:
        queries, keys = (tuple(getattr(pair, name) for pair in axis.pairs) for axis in (of.queries, of.keys))
        return _Side(run, row, of.kind, queries, keys, getattr(of.keys, f"alone_{name}"))

    return side(of.before, of.rows[0], "before"), side(of.after, of.rows[1], "after")


def _summed(values: np.ndarray, groups: tuple[tuple[int, ...], ...], axis: int = -1) -> np.ndarray:
    """Sum the entries of each group of positions along an axis."""
    order = [position for group in groups for position in group]
    taken = np.take(values, order, axis=axis)
    if len(order) == len(groups):
        return taken
    starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
    return np.add.reduceat(taken, starts, axis=axis)
