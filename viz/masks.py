"""Turn 0/1 masks into what is added to scores, take the softmax of a row, and name each cell's state."""

import numpy as np

from viz.errors import WrongShape
from viz.records import Run

# What a cell of a map is; padding wins over causal, causal over hidden.
VISIBLE, CAUSAL, PADDING, HIDDEN = 0, 1, 2, 3


def additive_mask(
    attention_mask: np.ndarray, *, causal: bool = False, fill: float | str = "min", dtype: type = np.float32
) -> np.ndarray:
    """Turn a 0/1 mask into numbers that are added to scores: ``[B, T]`` or ``[B, Q, K]`` → ``[B, 1, Q, K]``.

    0 where a query may look, ``fill`` where it may not. ``fill`` is ``"min"`` (the smallest number of the dtype, as
    transformers does), ``"-inf"``, or a number such as -1e4 (BERT's own code of 2018). With ``causal`` a query sees no
    later key. Masks are combined as booleans: two fills added could overflow to -inf.
    Raises ``WrongShape`` if the mask has neither 2 nor 3 axes.
    """
    allowed = np.asarray(attention_mask).astype(bool)
    if allowed.ndim not in (2, 3):
        raise WrongShape(name="attention_mask", seen=list(allowed.shape), expected="[B, T] or [B, Q, K]")
    if allowed.ndim == 2:
        allowed = np.broadcast_to(allowed[:, None, :], (allowed.shape[0], allowed.shape[1], allowed.shape[1]))
    if causal:
        allowed = allowed & np.tri(allowed.shape[1], allowed.shape[2], dtype=bool)
    values = {"min": np.finfo(dtype).min, "-inf": -np.inf}
    return np.where(allowed, 0.0, values.get(fill, fill)).astype(dtype)[:, None]


def softmax(scores: np.ndarray, additive: np.ndarray | None = None) -> np.ndarray:
    """Give attention from scores ``[..., Q, K]`` and what is added to them: ``exp(s) / Σ exp(s)`` over the keys.

    A row in which every key is hidden by -inf becomes NaN, as in torch; with a finite fill it does not.
    """
    total = scores if additive is None else scores + additive
    with np.errstate(invalid="ignore"):
        exponentials = np.exp(total - total.max(axis=-1, keepdims=True))
        return exponentials / exponentials.sum(axis=-1, keepdims=True)


def cell_states(run: Run) -> np.ndarray:
    """Name the state of every cell: uint8 ``[B, Q, K]`` of VISIBLE, CAUSAL, PADDING, HIDDEN.

    A cell is padding when its query is (models put ordinary-looking numbers into padded query rows), or its key; but
    where the model was not told and a real query may look at padding, the weight it puts there is visible.
    """
    real = run.batch.attention_mask
    n_tokens = real.shape[1]
    told = run.given_mask if run.given_mask.ndim == 3 else run.given_mask[:, None, :]
    states = np.full((len(real), n_tokens, n_tokens), VISIBLE, dtype=np.uint8)
    if run.model.causal:
        states[:, ~np.tri(n_tokens, dtype=bool)] = CAUSAL
    states[np.broadcast_to(~told, states.shape) & (states != CAUSAL)] = HIDDEN
    seen_padding = told & real[:, :, None] & (states == VISIBLE)
    states[~(real[:, :, None] & real[:, None, :]) & ~seen_padding] = PADDING
    return states


def padding_mass(run: Run) -> np.ndarray:
    """Give the share of its attention that each head puts on padding: mean over real queries, float32 ``[B, L, H]``."""
    real = run.batch.attention_mask
    on_padding = np.einsum("blhqk,bk->blhq", run.attentions, ~real)
    return np.einsum("blhq,bq->blh", on_padding, real / real.sum(axis=1, keepdims=True)).astype(np.float32)
