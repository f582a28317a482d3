"""Merge the tokens of a map into groups: mean over the queries of a group, sum over its keys.

What a word gets is what its pieces get together; what a word gives is what its pieces give on average. So a row still
sums to 1.
"""

import numpy as np

from viz.analysis.views.groups import Groups


def merged(
    attentions: np.ndarray, allowed: np.ndarray, queries: Groups, keys: Groups, *, renormalised: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Merge attention ``[L, H, Q, K]`` and what was let through ``[1 or L, Q, K]``; leave out what is not shown.

    A query that may look at nothing has no attention, and counts in no mean. ``renormalised`` divides each row by what
    is left of it; a row of which nothing is left stays 0.
    """
    looks = np.asarray(allowed.any(axis=-1))  # [1 or L, Q]
    counted = np.add.reduceat(looks, queries.starts, axis=-1, dtype=np.int64)  # [1 or L, G]
    sums = np.add.reduceat(np.where(looks[:, None, :, None], attentions, 0), queries.starts, axis=-2)
    rows = sums / np.maximum(counted, 1)[:, None, :, None].astype(np.float32)
    weights = np.add.reduceat(rows, keys.starts, axis=-1)[:, :, queries.shown][..., keys.shown]
    through = np.maximum.reduceat(np.maximum.reduceat(allowed, queries.starts, axis=-2), keys.starts, axis=-1)
    through = through[:, queries.shown][..., keys.shown]
    if renormalised:
        left = weights.sum(axis=-1, keepdims=True)
        weights = np.divide(weights, left, out=np.zeros_like(weights), where=left > 0)
    return np.ascontiguousarray(weights), np.ascontiguousarray(through)
