"""Join heads: the mean over heads or layers, and attention rollout.

Rollout: Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers". A layer passes on half of what a token
was and half of what its heads, on average, bring: Â = (A + I) / 2. What reaches a token after layer L is the product
Â_L … Â_1, later layers on the left: summed over all paths through the layers, the product of their steps.
"""

import numpy as np


def combined(attentions: np.ndarray, allowed: np.ndarray, how: str) -> tuple[np.ndarray, np.ndarray]:
    """Join the heads of ``[L, H, Q, K]``; also what was let through, ``[1 or L, Q, K]``.

    ``how`` is that of ``View.combined``: ``"heads"`` gives ``[L, 1, Q, K]``, ``"layers"`` ``[1, H, Q, K]``, ``"all"``
    ``[1, 1, Q, K]``, ``"rollout"`` ``[L, 1, Q, K]``, each layer's with all below it. Of layers, those count in which a
    query may look at anything.
    """
    if how == "heads":
        return attentions.mean(axis=1, keepdims=True), allowed
    if how == "rollout":
        return rollout(attentions, allowed)
    looks = np.broadcast_to(allowed.any(axis=-1), (len(attentions), attentions.shape[-2]))  # [L, Q]
    counted = np.where(looks[:, None, :, None], attentions, 0).sum(axis=0, keepdims=True)
    means = counted / np.maximum(looks.sum(axis=0), 1)[:, None].astype(np.float32)
    return means if how == "layers" else means.mean(axis=1, keepdims=True), allowed.max(axis=0, keepdims=True)


def rollout(attentions: np.ndarray, allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Multiply the layers of ``[L, H, T, T]``, lowest first: float32 ``[L, 1, T, T]``, and what can be reached.

    A query that may look at nothing in a layer stays what it was.
    """
    n_layers, n_tokens = len(attentions), attentions.shape[-1]
    through = np.broadcast_to(allowed, (n_layers, n_tokens, n_tokens))
    stays = np.eye(n_tokens)
    flow, reach = stays, stays > 0
    flows, reaches = [], []
    for weights, cells in zip(attentions, through, strict=True):
        looks = cells.any(axis=-1, keepdims=True)
        step = np.where(looks, (weights.mean(axis=0, dtype=np.float64) + stays) / 2, stays)
        flow = step @ flow
        reach = (cells | (stays > 0)).astype(np.float32) @ reach.astype(np.float32) > 0
        flows.append(flow)
        reaches.append(reach)
    return np.stack(flows)[:, None].astype(np.float32), np.stack(reaches)
