"""Choose what hides: the value that is added to scores, and the number type it is added and softmaxed in."""

import math
from dataclasses import dataclass

from viz.errors import UnknownHiding

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
