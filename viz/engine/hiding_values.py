"""Try every value that people hide with, in every number type, on one row of real scores."""

import numpy as np
import torch

from viz.analysis.masks import additive
from viz.analysis.masks.hiding import DTYPES, FILLS, FillResult, Hiding
from viz.engine.capture import attention_when_hiding, stored
from viz.engine.device import to_numpy

# Two rows of attention are called the same up to here: float32 rounds a score beside -1e4 by up to 5e-4.
TOLERANCE = 1e-3


def table(scores: np.ndarray, hidden: np.ndarray) -> list[FillResult]:
    """Hide keys of a row with each of ``FILLS`` in each of ``DTYPES``: scores float32 ``[K]``, hidden bool ``[K]``.

    Computed by the very function that hides in a run (``Hiding``). Leak, change and deviations are taken in float64.
    """
    return [_result(scores, hidden, Hiding(fill, dtype)) for fill in FILLS for dtype in DTYPES]


def _result(scores: np.ndarray, hidden: np.ndarray, hiding: Hiding) -> FillResult:
    row = _attention(scores, hidden, hiding)
    all_hidden = _attention(scores, np.ones_like(hidden), hiding)
    exact = additive.softmax(np.where(hidden, -np.inf, scores.astype(np.float64)))
    with np.errstate(invalid="ignore"):
        change = np.abs(row - exact)[~hidden].max(initial=0.0)
    return FillResult(
        hiding=hiding,
        stored=stored(hiding.fill, getattr(torch, hiding.dtype)),
        leak=float(row[hidden].sum()),
        is_nan=bool(np.isnan(row).any()),
        change=float(change),
        fully_hidden=_name(all_hidden, scores),
        deviation_from_uniform=float(np.abs(all_hidden - 1 / len(scores)).max()),
    )


def _attention(scores: np.ndarray, hidden: np.ndarray, hiding: Hiding) -> np.ndarray:
    """Give the attention of one row in the asked type, as float64 ``[K]``."""
    row, shown = torch.tensor(scores, dtype=torch.float32, device="cpu"), torch.tensor(~hidden, device="cpu")
    _, attention = attention_when_hiding(row, shown, hiding)
    return to_numpy(attention).astype(np.float64)


def _name(all_hidden: np.ndarray, scores: np.ndarray) -> str:
    """Name what a row looks like when all its keys are hidden; equal scores are uniform, hidden or not."""
    if np.isnan(all_hidden).any():
        return "NaN"
    if all_hidden.max() == all_hidden.min():
        return "uniform"
    unmasked = additive.softmax(scores.astype(np.float64))
    return "as unmasked" if np.abs(all_hidden - unmasked).max() <= TOLERANCE else "mixed"
