"""Show how attention comes about, with a run's own numbers: scores, plus mask, their sum, softmax."""

import math
from dataclasses import dataclass

import numpy as np

from viz.analysis.masks import additive
from viz.analysis.masks.hiding import Hiding
from viz.errors import ScoresNotKept
from viz.records import Run
from viz.shipped import shipped_names


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """Hold the stages of one query, each ``[K]``, or of a whole head, each ``[Q, K]``; float32."""

    tokens: tuple[str, ...]  # [K]
    scores: np.ndarray  # q·k/√d
    added: np.ndarray  # what the model added; zeros where it added nothing
    total: np.ndarray  # their sum as the model's number type holds it
    attention: np.ndarray  # the model's own
    recomputed: np.ndarray  # softmax of the total over the keys, as the type holds it
    nothing_added: bool  # True = the layer had no mask at all

    @property
    def largest_difference(self) -> float:
        """Largest |recomputed - attention|; NaN in both is no difference, NaN in one is NaN."""
        both_nan = np.isnan(self.recomputed) & np.isnan(self.attention)
        return float(np.abs(self.recomputed - self.attention)[~both_nan].max(initial=0.0))


def stages(run: Run, row: int, layer: int, head: int, query: int, *, hiding: Hiding | None = None) -> Stages:
    """Give the stages of one query token. ``hiding`` is what the run was made with, if it was.

    Raises ``ScoresNotKept`` if the run holds no scores.
    """
    maps = matrix_stages(run, row, layer, head, hiding=hiding)
    names = ("scores", "added", "total", "attention", "recomputed")
    of_query = {name: getattr(maps, name)[query] for name in names}
    return Stages(tokens=maps.tokens, nothing_added=maps.nothing_added, **of_query)


def matrix_stages(run: Run, row: int, layer: int, head: int, *, hiding: Hiding | None = None) -> Stages:
    """Give the stages of all query tokens of a head, each ``[Q, K]``. Raises ``ScoresNotKept``."""
    if run.scores is None:
        n_rows, n_tokens = run.batch.input_ids.shape
        raise ScoresNotKept(checkpoint=run.model.checkpoint, n_rows=n_rows, n_tokens=n_tokens, shipped=shipped_names())
    scores, added = run.scores[row, layer, head], _added(run, row, layer)
    dtype = "float32" if hiding is None else hiding.dtype
    with np.errstate(over="ignore"):
        total = additive.rounded(additive.rounded(scores, dtype) + added, dtype)
    return Stages(
        tokens=run.batch.tokens[row],
        scores=scores,
        added=added,
        total=total,
        attention=run.attentions[row, layer, head],
        recomputed=additive.rounded(additive.softmax(total.astype(np.float64)), dtype),
        nothing_added=_had_no_mask(run, layer),
    )


def _had_no_mask(run: Run, layer: int) -> bool:
    """Tell whether a layer added nothing, while others may have; a mask that all share was there, even of zeros."""
    added = run.additive_mask
    return added is None or (added.shape[1] > 1 and not added[:, layer].any())


def _added(run: Run, row: int, layer: int) -> np.ndarray:
    """Give what the model added in a layer, ``[Q, K]``."""
    if run.additive_mask is None:
        return np.zeros(run.attentions.shape[3:], dtype=np.float32)
    return run.additive_mask[row, layer if run.additive_mask.shape[1] > 1 else 0]


def arithmetic(one_query: Stages, key: int) -> str:
    """Write out how one cell came about: ``exp(2.31 + 0 − 3.02) / Σ = 0.4916 / 1.17 = 0.4202``.

    The largest total of the row (here 3.02) is taken off first, as softmax does, so that nothing overflows. Where
    rounding beside a huge number took part of the score away, and it matters, the sum is written out before:
    ``2.31 − 3.403e38 = −3.403e38; exp(−3.403e38 + 3.403e38) / Σ = 1 / 4 = 0.25``. Numbers have four digits.
    """
    score, added, total = (float(stage[key]) for stage in (one_query.scores, one_query.added, one_query.total))
    totals = one_query.total.astype(np.float64)
    largest = totals.max()
    with np.errstate(invalid="ignore"):
        exponentials = np.exp(totals - largest)
    share, all_shares = float(exponentials[key]), float(exponentials.sum())
    inside, before = f"{_number(score)}{_signed(added)}", ""
    if share > 0 and abs(total - added - score) > 0.005:
        inside, before = _number(total), f"{inside} = {_number(total)}; "
    left = f"{before}exp({inside}{_signed(-float(largest))}) / Σ"
    return f"{left} = {_number(share)} / {_number(all_shares)} = {_number(share / all_shares)}"


def _number(value: float) -> str:
    """Write a number with four digits: 2.314, −9984, −3.403e38, −∞, NaN."""
    if math.isnan(value):
        return "NaN"
    sign = "−" if value < 0 else ""
    if math.isinf(value):
        return f"{sign}∞"
    mantissa, _, exponent = f"{abs(value):.4g}".partition("e")
    return f"{sign}{mantissa}e{int(exponent)}" if exponent else f"{sign}{mantissa}"


def _signed(value: float) -> str:
    """Write a number that is added or taken off: `` + 0``, `` − 3.02``."""
    return f" − {_number(-value)}" if value < 0 else f" + {_number(abs(value))}"
