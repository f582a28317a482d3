"""Look whether the rows of a run sum to 1, as shares do; a file of others need not hold such rows."""

from dataclasses import dataclass

import numpy as np

from viz.records import Run

BOUND = 0.01  # how far a sum may be from 1 by rounding: 4e-4 was measured in float16, 3e-3 in bfloat16


@dataclass(frozen=True, slots=True)
class RowSums:
    """Say of one kind of attention how many rows do not sum to 1, and which is furthest off."""

    kind: str
    n_rows: int
    n_off: int
    furthest: float  # its sum
    layer: int
    head: int
    row: int
    query: int

    @property
    def are_shares(self) -> bool:
        """Tell whether every row sums to 1."""
        return self.n_off == 0


def row_sums(run: Run, kind: str) -> RowSums:
    """Add up the rows of real queries that may look at any key; other rows are no attention."""
    maps = run.maps[kind]
    sums = maps.attentions.sum(axis=-1, dtype=np.float64)  # [B, L, H, Q]
    looks = (maps.query_mask[:, None] & maps.allowed.any(axis=-1))[:, :, None]  # [B, 1 or L, 1, Q]
    off = np.where(looks, np.abs(sums - 1), 0)
    row, layer, head, query = (int(at) for at in np.unravel_index(off.argmax(), off.shape))
    n_rows = int(np.broadcast_to(looks, off.shape).sum())
    return RowSums(
        kind, n_rows, int((off > BOUND).sum()), float(sums[row, layer, head, query]), layer, head, row, query
    )
