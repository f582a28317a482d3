"""Open a ``.safetensors`` of anyone as an ``.npz`` is opened: its headers first, then the arrays asked for.

Eight bytes say how long the JSON is that names every array with its type, its shape and where it lies; behind it are
the numbers. There is no type for text: a text stands as JSON, an array of its bytes.
"""

import json
from collections.abc import Iterable, Mapping
from typing import BinaryIO

import numpy as np

from viz.errors import NotARun, Reason
from viz.files import meta
from viz.files.entries import MAX_LABEL, is_text, mask_of_text
from viz.files.header import MAX_DIRECTORY, Header, exactly, require_shape, unpack

LENGTH_BYTES = 8  # before the JSON: how many bytes it has
DTYPES = {
    "BOOL": np.dtype("?"),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}
_BFLOAT16, _BITS = "BF16", np.dtype("<u2")


def is_tensor_file(file: BinaryIO) -> bool:
    """Tell a file by its ninth byte: there its JSON begins; in a zip it says how the first entry is packed."""
    file.seek(0)
    return file.read(LENGTH_BYTES + 1)[LENGTH_BYTES:] == b"{"


def write(arrays: Mapping[str, np.ndarray], file: BinaryIO) -> None:
    """Write arrays, none of text, in the order of the widths of their types, so that each lies where it may be mapped.

    The JSON is filled up with spaces to a multiple of eight bytes, as the format asks for.
    """
    kinds = {(dtype.kind, dtype.itemsize): kind for kind, dtype in DTYPES.items()}
    ordered = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    said, at = {}, 0
    for name in ordered:
        array = arrays[name]
        kind = kinds[array.dtype.kind, array.dtype.itemsize]
        said[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    written = json.dumps(said, separators=(",", ":")).encode()
    written += b" " * (-len(written) % LENGTH_BYTES)
    file.write(len(written).to_bytes(LENGTH_BYTES, "little") + written)
    for name in ordered:
        little = arrays[name].dtype.newbyteorder("<")
        file.write(np.ascontiguousarray(arrays[name], dtype=little).data)


def text_bytes(text: object) -> np.ndarray:
    """Give a text, or lists of texts, as a file holds it: the bytes of its JSON."""
    return np.frombuffer(json.dumps(text).encode(), dtype=np.uint8)


class TensorFile:
    """Read arrays from a ``.safetensors`` that is open.

    Raises ``ValueError``, ``OSError`` or ``EOFError`` where it cannot be read.
    """

    def __init__(self, file: BinaryIO):
        self._file = file
        self._size = file.seek(0, 2)
        file.seek(0)
        n_bytes = int.from_bytes(exactly(file, LENGTH_BYTES), "little")
        if n_bytes > MAX_DIRECTORY:
            raise NotARun(name="", reason=Reason("it has too many entries."))
        self._start = LENGTH_BYTES + n_bytes
        self._said = _parsed(exactly(file, n_bytes))

    def headers(self, names: Iterable[str]) -> dict[str, Header]:
        """Read the headers of those of the named arrays that are there; nothing else of the file is looked at."""
        found = {name: self._header(name, self._said[name]) for name in names if name in self._said}
        return {name: _as_text(header, found) for name, header in found.items()}

    def _header(self, name: str, said: object) -> Header:
        if not isinstance(said, Mapping):
            raise ValueError("no header of an array")
        kind, shape, place = (said.get(key) for key in ("dtype", "shape", "data_offsets"))
        if not (isinstance(shape, list) and isinstance(place, list) and len(place) == 2):
            raise ValueError("no header of an array")
        require_shape(shape)
        require_shape(place)
        if not isinstance(kind, str) or (kind not in DTYPES and kind != _BFLOAT16):
            raise NotARun(name="", reason=Reason("{name} holds neither numbers nor text.", name=name))
        dtype = DTYPES.get(kind, _BITS)
        begin, end = (self._start + at for at in place)
        header = Header(name, dtype, tuple(shape), False, begin, is_bfloat16=kind == _BFLOAT16)
        if end - begin != header.nbytes or end > self._size:
            raise ValueError("the file and the array disagree about its size")
        return header

    def unpack(self, header: Header, dtype: np.dtype) -> np.ndarray:
        """Take an array in; raises what ``header.unpack`` raises, and ``NotARun`` where a text is not as it must be."""
        self._file.seek(header.start)
        if not header.json_bytes:
            return unpack(self._file, header, dtype)
        written = exactly(self._file, header.json_bytes)
        if header.name == "meta":
            return np.array(written.decode("utf-8"), dtype=object)
        return _tokens(meta.json_of(bytes(written), header.name), header)


def _parsed(written: bytearray) -> Mapping[str, object]:
    try:
        said = json.loads(written.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("no header of a file") from error
    if not isinstance(said, dict):
        raise ValueError("no header of a file")
    return said


def _as_text(header: Header, others: Mapping[str, Header]) -> Header:
    """Take bytes where a text is asked for as JSON; a text of tokens has the shape of its mask."""
    if not is_text(header.name) or header.dtype != np.uint8 or len(header.shape) != 1 or header.size == 0:
        return header
    mask = mask_of_text(header.name)
    shape = others[mask].shape if mask in others else ()
    return Header(header.name, np.dtype("U1"), shape, False, header.start, json_bytes=header.size)


def _tokens(said: object, header: Header) -> np.ndarray:
    """Take the tokens of a JSON list of lists, object ``[B, T]``."""
    n_rows, n_tokens = header.shape
    rows = said if isinstance(said, list) else []
    if len(rows) != n_rows or not all(_is_row(row, n_tokens) for row in rows):
        raise NotARun(
            name="",
            reason=Reason(
                "{name} must be a JSON list of {n_rows} lists of {n_tokens} texts.",
                name=header.name,
                n_rows=n_rows,
                n_tokens=n_tokens,
            ),
        )
    labels = np.empty(header.shape, dtype=object)
    for at, row in enumerate(rows):
        labels[at] = [token[:MAX_LABEL] for token in row]
    return labels


def _is_row(row: object, n_tokens: int) -> bool:
    return isinstance(row, list) and len(row) == n_tokens and all(isinstance(token, str) for token in row)
