"""Say what an array of a file claims to be, and take its numbers in, no more of them than it claimed.

Nothing is unpacked whose size was not known before, and nothing is held twice.
"""

import math
from dataclasses import dataclass
from typing import IO

import numpy as np

from viz.errors import NotARun, Reason

MAX_DIRECTORY = 1_000_000  # bytes of what says which arrays a file has; of a run there are about 40, 60 bytes each
MAX_AXES = 8  # attention has 5
PIECE = 1 << 18  # bytes unpacked at once
_MAX_LENGTH = 1 << 40
_LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Header:
    """Say what an array claims to be, before it is unpacked."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]
    fortran_order: bool
    start: int  # bytes before its numbers
    json_bytes: int = 0  # of a text that stands in its file as JSON; then ``dtype`` says only that it is text
    is_bfloat16: bool = False  # numpy has no such type: ``dtype`` is that of its bits, the upper half of a float32's

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of its values as they are in the file."""
        return self.json_bytes or self.size * self.dtype.itemsize


def require_shape(shape: tuple[int, ...] | list[int]) -> None:
    """Raise ``ValueError`` where no array could have these axes."""
    if len(shape) > MAX_AXES or not all(type(length) is int and 0 <= length < _MAX_LENGTH for length in shape):
        raise ValueError("no shape of an array")


def unpack(data: IO[bytes], header: Header, dtype: np.dtype) -> np.ndarray:
    """Take the numbers in as ``dtype``, piece by piece, from where they begin; they are in memory once.

    Raises ``NotARun`` where whole numbers or truth values are asked for and the file holds others.
    """
    flat = np.empty(header.size, dtype)
    step = max(1, PIECE // header.dtype.itemsize)
    for at in range(0, header.size, step):
        piece = flat[at : at + step]
        _fill(piece, exactly(data, len(piece) * header.dtype.itemsize), header)
    return flat.reshape(header.shape[::-1]).T if header.fortran_order else flat.reshape(header.shape)


def exactly(data: IO[bytes], n_bytes: int) -> bytearray:
    """Read so many bytes; raises ``EOFError`` where there are fewer."""
    taken = bytearray()
    while len(taken) < n_bytes:
        if not (some := data.read(min(PIECE, n_bytes - len(taken)))):
            raise EOFError("less data than the header says")
        taken += some
    return taken


def _fill(piece: np.ndarray, data: bytearray, header: Header) -> None:
    # A truth value is a byte, and any byte may stand in a file: it is looked at as a number.
    given = np.frombuffer(data, np.uint8 if header.dtype.kind == "b" else header.dtype)
    if header.is_bfloat16:
        given = (given.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(invalid="ignore", over="ignore"):  # what does not fit is found below, or by its range
        piece[...] = given
    if piece.dtype.kind == "U" and piece.view(np.uint32).max(initial=0) > _LAST_CHARACTER:
        raise ValueError("no characters")
    if piece.dtype.kind in "biu" and not (piece == given).all():
        if piece.dtype.kind == "b":
            raise NotARun(name="", reason=Reason("{entry} holds other values than 0 and 1.", entry=header.name))
        raise NotARun(name="", reason=Reason("{entry} holds other values than whole numbers.", entry=header.name))
