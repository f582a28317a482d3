"""Measure what an edit did to the maps: which positions two runs share, and how far each head moved.

The measure is the total variation distance of two attention rows, ½ Σ|a - b| over the shared keys: 0 = nothing
moved, 1 = all attention went elsewhere. What a softmax makes of a query that may look at nothing is no attention: such
a row, of either run, moves nowhere. A key hidden in one run has the weight 0 there, and that is a change.
"""

from dataclasses import dataclass

import numpy as np

from viz.analysis.masks.cells import looks
from viz.records import Run


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Pair the positions of two texts that differ in one stretch: int arrays ``before`` and ``after``, same length."""

    before: np.ndarray
    after: np.ndarray


def shared_positions(before: Run, after: Run, row: int = 0) -> Shared:
    """Pair equal positions from the front and from the back; what lies between was replaced.

    Texts of the same length pair position by position, the replaced ones included: their place is the same.
    """
    a, b = (run.batch.input_ids[row, run.batch.attention_mask[row]] for run in (before, after))
    offset_a, offset_b = (int(run.batch.attention_mask[row].argmax()) for run in (before, after))
    if len(a) == len(b):
        same = np.arange(len(a))
        return Shared(same + offset_a, same + offset_b)
    shortest = min(len(a), len(b))
    front = _n_equal(a[:shortest], b[:shortest])
    back = _n_equal(a[::-1][: shortest - front], b[::-1][: shortest - front])
    fronts, backs = np.arange(front), np.arange(back, 0, -1)
    return Shared(
        np.concatenate([fronts, len(a) - backs]) + offset_a, np.concatenate([fronts, len(b) - backs]) + offset_b
    )


def shared_readouts(before: Run, after: Run, row: int = 0) -> list[tuple[int, int]]:
    """Pair the read-outs that stand at the same place in both texts, as indices into their ``readouts``."""
    shared = shared_positions(before, after, row)
    place = dict(zip(shared.before.tolist(), shared.after.tolist(), strict=True))
    later = {int(position): n for n, (at, position) in enumerate(after.readouts) if at == row}
    return [
        (n, later[place[int(position)]])
        for n, (at, position) in enumerate(before.readouts)
        if at == row and place.get(int(position)) in later
    ]


def difference(before: Run, after: Run, layer: int, head: int, row: int = 0) -> np.ndarray:
    """Give after minus before for one head over the shared positions, float32 ``[S, S]``.

    NaN in the rows of queries that may look at nothing, before or after.
    """
    shared = shared_positions(before, after, row)
    a = before.attentions[row, layer, head][np.ix_(shared.before, shared.before)]
    b = after.attentions[row, layer, head][np.ix_(shared.after, shared.after)]
    compared = _compared(before, after, shared, layer, row)
    return np.where(compared[:, None], b - a, np.float32(np.nan))


def head_changes(before: Run, after: Run, row: int = 0) -> np.ndarray:
    """Give the mean total variation distance of each head's rows over the shared positions, float32 ``[L, H]``.

    NaN in a layer in which no shared query may look at anything, before and after.
    """
    shared = shared_positions(before, after, row)
    a = before.attentions[row][:, :, shared.before[:, None], shared.before]
    b = after.attentions[row][:, :, shared.after[:, None], shared.after]
    moved = np.abs(b - a).sum(axis=-1) / 2  # [L, H, S]
    compared = np.stack([_compared(before, after, shared, layer, row) for layer in range(len(moved))])[:, None]
    with np.errstate(invalid="ignore"):
        return (np.where(compared, moved, 0).sum(axis=-1) / compared.sum(axis=-1)).astype(np.float32)


def compared_queries(before: Run, after: Run, layer: int, row: int = 0) -> np.ndarray:
    """Tell which shared queries may look at something in a layer of both runs, bool ``[S]``."""
    return _compared(before, after, shared_positions(before, after, row), layer, row)


def _compared(before: Run, after: Run, shared: Shared, layer: int, row: int) -> np.ndarray:
    return looks(before, layer)[row, shared.before] & looks(after, layer)[row, shared.after]


def _n_equal(a: np.ndarray, b: np.ndarray) -> int:
    """Count equal entries from the start."""
    unequal = np.flatnonzero(a != b)
    return int(unequal[0]) if len(unequal) else len(a)
