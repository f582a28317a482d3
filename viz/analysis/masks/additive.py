"""Turn 0/1 masks into what is added to scores, take the softmax of a row, and name each cell's state."""

import numpy as np

from viz.errors import WrongShape


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
    values: dict[float | str, float] = {"min": float(np.finfo(dtype).min), "-inf": -np.inf}
    return np.where(allowed, 0.0, values.get(fill, fill)).astype(dtype)[:, None]


def softmax(scores: np.ndarray, additive: np.ndarray | None = None) -> np.ndarray:
    """Give attention from scores ``[..., Q, K]`` and what is added to them: ``exp(s) / Σ exp(s)`` over the keys.

    A row in which every key is hidden by -inf becomes NaN, as in torch; with a finite fill it does not.
    """
    total = scores if additive is None else scores + additive
    with np.errstate(invalid="ignore"):
        exponentials = np.exp(total - total.max(axis=-1, keepdims=True))
        return exponentials / exponentials.sum(axis=-1, keepdims=True)


def rounded(values: np.ndarray, dtype: str) -> np.ndarray:
    """Give float32 numbers as a type of ``DTYPES`` holds them, as float32 again: to nearest, ties to even.

    bfloat16, which numpy does not know, is the upper half of a float32's bits.
    """
    values = np.asarray(values, dtype=np.float32)
    if dtype == "float32":
        return values
    if dtype == "float16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16).astype(np.float32)
    bits = values.view(np.uint32)
    with np.errstate(over="ignore"):
        upper = (bits + np.uint32(0x7FFF) + (bits >> 16 & np.uint32(1))) & np.uint32(0xFFFF0000)
    return np.where(np.isfinite(values), upper.view(np.float32), values)
