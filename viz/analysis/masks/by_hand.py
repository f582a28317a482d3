"""Read a mask that a person made: from a file of 0 and 1, or from an address."""

import base64
import json
import re
import zlib
from io import BytesIO

import numpy as np

from viz.errors import MaskDoesNotFit, MaskUnreadable, Reason

ADDRESS = "mask"  # what an error calls a mask that came in an address
MAX_VALUES_SHOWN = 3


def read_mask(data: bytes, name: str, n_tokens: int) -> np.ndarray:
    """Read a mask of one row from a file, bool ``[Q, K]``: .npy, JSON rows, or text with a row of 0 and 1 a line.

    An array ``[1, T, T]`` is read as its only row. Nothing is unpickled.
    Raises ``MaskUnreadable``, or ``MaskDoesNotFit`` with the size seen and the size expected.
    """
    cells = _npy(data, name, n_tokens) if data.startswith(b"\x93NUMPY") else _rows(data, name)
    _check_size(cells.shape, name, n_tokens)
    if len(wrong := np.setdiff1d(cells, [0, 1])):
        seen = ", ".join(f"{value:g}" for value in wrong[:MAX_VALUES_SHOWN].tolist())
        raise MaskUnreadable(name=name, reason=Reason("it has other values than 0 and 1 ({seen}).", seen=seen))
    return cells.reshape(n_tokens, n_tokens).astype(bool)


def _check_size(shape: tuple[int, ...], name: str, n_tokens: int) -> None:
    if shape not in ((n_tokens, n_tokens), (1, n_tokens, n_tokens)):
        raise MaskDoesNotFit(name=name, seen=" x ".join(map(str, shape)), n_tokens=n_tokens)


def _npy(data: bytes, name: str, n_tokens: int) -> np.ndarray:
    """Read a .npy file; the size its header claims is checked first, or a lie in it would take all memory."""
    shape, dtype = _npy_header(data, name)
    if dtype.kind not in "biuf":
        raise MaskUnreadable(name=name, reason=Reason("its values are of the type {dtype}.", dtype=dtype))
    _check_size(shape, name, n_tokens)
    try:
        return np.load(BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise _damaged(name) from error


def _npy_header(data: bytes, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Read what a .npy file claims; what anyone wrote as a Python literal can fail in any way."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    stream = BytesIO(data)
    try:
        shape, _, dtype = readers[np.lib.format.read_magic(stream)](stream)
        return shape, dtype
    except Exception as error:
        raise _damaged(name) from error


def _damaged(name: str) -> MaskUnreadable:
    return MaskUnreadable(name=name, reason=Reason("it is a damaged .npy file."))


def _rows(data: bytes, name: str) -> np.ndarray:
    """Read JSON, or lines of 0 and 1 with or without spaces, commas or semicolons between them."""
    try:
        text = data.decode("utf-8-sig").strip()
        if text.startswith("["):
            rows = json.loads(text)
        else:
            rows = [[float(digit) for digit in _cells_of_line(line)] for line in text.splitlines() if line.strip()]
        return np.array(rows, dtype=np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise MaskUnreadable(name=name, reason=Reason("it is no table of numbers with rows of one length.")) from error


def _cells_of_line(line: str) -> list[str]:
    compact = line.strip(" \t,;")
    return list(compact) if re.fullmatch("[01]+", compact) else re.split(r"[\s,;]+", compact)


def to_address(allowed: np.ndarray) -> str:
    """Write a mask of one row, bool ``[Q, K]``, as a short text for an address; ``from_address`` reads it."""
    packed = zlib.compress(np.packbits(allowed).tobytes(), level=9)
    return f"{len(allowed)}.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def from_address(text: str, n_tokens: int) -> np.ndarray:
    """Read a mask of one row from an address, bool ``[Q, K]``.

    Raises ``MaskUnreadable``, or ``MaskDoesNotFit`` if it was made for a text of another length.
    """
    size, _, packed = text.partition(".")
    if not re.fullmatch(r"[1-9]\d{0,5}", size, re.ASCII):
        raise MaskUnreadable(name=ADDRESS, reason=Reason("it does not begin with its size."))
    if int(size) != n_tokens:
        raise MaskDoesNotFit(name=ADDRESS, seen=f"{size} x {size}", n_tokens=n_tokens)
    n_bytes = -(-(n_tokens**2) // 8)
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        bits = unpacking.decompress(raw, n_bytes + 1)  # never more than a mask of this size has
    except (ValueError, zlib.error) as error:
        raise MaskUnreadable(name=ADDRESS, reason=Reason("the address was cut or changed.")) from error
    if len(bits) != n_bytes or not unpacking.eof:
        raise MaskUnreadable(name=ADDRESS, reason=Reason("the address was cut or changed."))
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=n_tokens**2).reshape(n_tokens, n_tokens).astype(bool)
