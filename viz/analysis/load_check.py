"""Say whether a model loaded as it should: weights not where they belong, and what its attention looks like."""

from dataclasses import dataclass

import numpy as np

from viz.records import Maps, Run


@dataclass(frozen=True, slots=True)
class LoadCheck:
    """Hold what loading and one trial pass showed.

    ``missing`` are weights the model has and the files do not (they are random), ``unexpected`` the reverse (they are
    not used). ``row_sum_error`` is the largest distance of a row's sum from 1; ``n_nan`` counts numbers that are none;
    ``evenness`` is the mean entropy of the rows over that of an even look at as many keys: 1.0 looks untrained.
    """

    checkpoint: str
    revision: str
    family: str
    weights: str  # "pretrained" or "random"
    words: str  # as in ``records.ModelInfo``
    n_parameters: int
    n_bytes: int
    device: str
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    row_sum_error: float
    n_nan: int
    evenness: float


def row_sum_error(run: Run) -> float:
    """Give the largest distance from 1 of the sum of a real row, over all layers, heads and kinds; NaN counts as 1."""
    sums = np.concatenate([_real_rows(maps).sum(axis=-1, dtype=np.float64).ravel() for maps in run.maps.values()])
    return float(np.nan_to_num(np.abs(sums - 1), nan=1.0).max())


def n_nan(run: Run) -> int:
    """Count the weights of real rows that are no number."""
    return sum(int(np.isnan(_real_rows(maps)).sum()) for maps in run.maps.values())


def evenness(run: Run) -> float:
    """Give the mean entropy of the rows over that of an even look at the keys they may look at.

    Rows that may look at one key only have no choice and do not count; 0.0 where no row has any.
    """
    shares = np.concatenate([_shares(maps) for maps in run.maps.values()])
    return float(shares.mean()) if len(shares) else 0.0


def _real_rows(maps: Maps) -> np.ndarray:
    """Give the rows of real queries, ``[L, H, rows, K]``."""
    return np.moveaxis(maps.attentions, 0, 2)[:, :, maps.query_mask]


def _shares(maps: Maps) -> np.ndarray:
    """Give the entropy of each row over the largest it can have; NaN rows count as no look at all."""
    rows = np.nan_to_num(_real_rows(maps).astype(np.float64))
    n_keys = np.broadcast_to(_real_keys(maps), rows.shape[:3])
    logs = np.log(rows, out=np.zeros_like(rows), where=rows > 0)
    chosen = n_keys > 1
    return -(rows * logs).sum(axis=-1)[chosen] / np.log(n_keys[chosen])


def _real_keys(maps: Maps) -> np.ndarray:
    """Count the keys that each real row may look at, ``[1 or L, 1, rows]``."""
    return np.moveaxis(maps.allowed.sum(axis=-1), 0, 1)[:, None, maps.query_mask]
