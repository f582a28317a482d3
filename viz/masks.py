"""Turn 0/1 masks into what is added to scores, take the softmax of a row, and name each cell's state."""

import math
from dataclasses import dataclass

import numpy as np

from viz.errors import UnknownHiding, WrongShape
from viz.records import Run

# What a cell of a map is; padding wins over causal, causal over hidden.
VISIBLE, CAUSAL, PADDING, HIDDEN = 0, 1, 2, 3

FILLS = ("-inf", "min", -1e9, -1e4, -100.0, -10.0, -1.0)  # values people hide with, the strongest first
DTYPES = ("float32", "float16", "bfloat16")


@dataclass(frozen=True, slots=True)
class Hiding:
    """Choose what hides: the value that is added to scores, and the number type it is added and softmaxed in.

    ``fill`` is ``"min"`` (the type's smallest number), ``"-inf"`` or a finite number. A type holds it as it can:
    float16 makes -inf of -1e9, bfloat16 -9984 of -1e4. Hashable, so that a cache can be keyed by it.
    Raises ``UnknownHiding``.
    """

    fill: float | str = "min"
    dtype: str = "float32"

    def __post_init__(self):
        is_number = isinstance(self.fill, (int, float)) and math.isfinite(self.fill)
        if self.dtype not in DTYPES or not (is_number or self.fill in ("min", "-inf")):
            raise UnknownHiding(fill=self.fill, dtype=self.dtype, dtypes=", ".join(DTYPES))


@dataclass(frozen=True, slots=True)
class FillResult:
    """Say what one value in one number type does to one row of scores, and to the row if all its keys were hidden.

    ``fully_hidden`` is ``"uniform"``, ``"NaN"``, ``"as unmasked"`` (the same value at every key changes no softmax) or
    ``"mixed"`` (rounding took part of the scores away).
    """

    hiding: Hiding
    stored: float  # the value as the type holds it
    leak: float  # attention on hidden keys, 0..1; NaN where the row is
    is_nan: bool
    change: float  # largest |Δ attention| on visible keys, against -inf in float64
    fully_hidden: str
    deviation_from_uniform: float  # of the fully hidden row: largest |attention - 1/K|


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


def cell_states(run: Run) -> np.ndarray:
    """Name the state of every cell: uint8 ``[B, Q, K]`` of VISIBLE, CAUSAL, PADDING, HIDDEN.

    A cell is padding when its query is (models put ordinary-looking numbers into padded query rows), or its key; but
    where the model was not told and a real query may look at padding, the weight it puts there is visible. No cell is
    causal where a causal model was let see later keys.
    """
    real = run.batch.attention_mask
    n_tokens = real.shape[1]
    told = run.given_mask if run.given_mask.ndim == 3 else run.given_mask[:, None, :]
    states = np.full((len(real), n_tokens, n_tokens), VISIBLE, dtype=np.uint8)
    if run.model.causal and not sees_later(run):
        states[:, ~np.tri(n_tokens, dtype=bool)] = CAUSAL
    states[np.broadcast_to(~told, states.shape) & (states != CAUSAL)] = HIDDEN
    seen_padding = told & real[:, :, None] & (states == VISIBLE)
    states[~(real[:, :, None] & real[:, None, :]) & ~seen_padding] = PADDING
    return states


def sees_later(run: Run) -> bool:
    """Tell whether a causal model was let see later keys: it added 0 at one of them."""
    if run.additive_mask is None:
        return False
    return bool((run.additive_mask[:, :, ~np.tri(run.batch.n_tokens, dtype=bool)] == 0).any())


def padding_mass(run: Run) -> np.ndarray:
    """Give the share of its attention that each head puts on padding: mean over real queries, float32 ``[B, L, H]``."""
    real = run.batch.attention_mask
    on_padding = np.einsum("blhqk,bk->blhq", run.attentions, ~real)
    return np.einsum("blhq,bq->blh", on_padding, real / real.sum(axis=1, keepdims=True)).astype(np.float32)
