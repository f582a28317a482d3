"""Open an ``.npz`` of anyone: its headers first, then the arrays asked for, each no larger than its header says.

``numpy.load`` unpacks what it finds: a few hundred kB of a hostile file become gigabytes. Here nothing is unpacked
whose size was not known before, and nothing is held twice.
"""

import io
import math
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from struct import error as StructError
from typing import IO, BinaryIO, cast

import numpy as np
from numpy.lib import format as npy

from viz.errors import NotARun, Reason

MAX_DIRECTORY = 1_000_000  # bytes of a zip's table of contents; a run has about 40 entries of 60 bytes
MAX_HEADER = 12_000  # bytes before an array's numbers; numpy writes 128
MAX_AXES = 8  # attention has 5
PIECE = 1 << 18  # bytes unpacked at once
LAST_CHARACTER = 0x10FFFF
# What a damaged or hostile file can make zipfile (by what it uses), and us, raise.
_OF_ZIP = (zipfile.BadZipFile, zlib.error, StructError, RuntimeError, KeyError, OverflowError)
UNREADABLE = (*_OF_ZIP, ValueError, OSError, EOFError)


@dataclass(frozen=True, slots=True)
class Header:
    """Say what an array claims to be, before it is unpacked."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]
    fortran_order: bool
    start: int  # bytes before its numbers
    entry: zipfile.ZipInfo

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of its values as they are in the file."""
        return self.size * self.dtype.itemsize


class Archive:
    """Read arrays from a ``.npz``; a context, like a file. Raises one of ``UNREADABLE`` where it cannot be read."""

    def __init__(self, source: Path | BinaryIO):
        self._file = source.open("rb") if isinstance(source, Path) else source
        self._owned = isinstance(source, Path)
        try:
            self._zip = zipfile.ZipFile(cast(BinaryIO, _SmallReads(self._file)))
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_raised: object) -> None:
        self._zip.close()
        self._close()

    def _close(self) -> None:
        if self._owned:
            self._file.close()

    def headers(self, names: Iterable[str]) -> dict[str, Header]:
        """Read the headers of those of the named arrays that are there; nothing else of the file is looked at."""
        there = self._zip.NameToInfo
        return {name: self._header(name, there[f"{name}.npy"]) for name in names if f"{name}.npy" in there}

    def _header(self, name: str, entry: zipfile.ZipInfo) -> Header:
        # bzip2 and LZMA unpack without a bound; numpy packs with neither.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotARun(name="", reason=Reason("{name} is packed in another way than numpy packs.", name=name))
        with self._zip.open(entry) as data:
            head = io.BytesIO(data.read(MAX_HEADER))
        shape, fortran_order, dtype = _parsed(head)
        if dtype.kind not in "biufU" or dtype.itemsize == 0:
            raise NotARun(name="", reason=Reason("{name} holds neither numbers nor text.", name=name))
        header = Header(name, dtype, shape, fortran_order, head.tell(), entry)
        if entry.file_size != header.start + header.nbytes:
            raise ValueError("the zip and the array disagree about its size")
        return header

    def unpack(self, header: Header, dtype: np.dtype) -> np.ndarray:
        """Unpack an array as ``dtype``, piece by piece, so that it is in memory once, in that type only.

        Raises ``NotARun`` where whole numbers or truth values are asked for and the file holds others.
        """
        flat = np.empty(header.size, dtype)
        step = max(1, PIECE // header.dtype.itemsize)
        with self._zip.open(header.entry) as data:
            _exactly(data, header.start)
            for at in range(0, header.size, step):
                piece = flat[at : at + step]
                _fill(piece, _exactly(data, len(piece) * header.dtype.itemsize), header)
        return flat.reshape(header.shape[::-1]).T if header.fortran_order else flat.reshape(header.shape)


class _SmallReads:
    """Refuse large single reads: ``zipfile`` takes the table of contents in one, and makes an object of every entry."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size if 0 <= size <= MAX_DIRECTORY else MAX_DIRECTORY + 1)
        if len(data) > MAX_DIRECTORY:
            raise NotARun(name="", reason=Reason("it has too many entries."))
        return data


def _parsed(head: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Parse the header of a ``.npy``; what anyone wrote as a Python literal can fail in any way."""
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        shape, fortran_order, dtype = readers[npy.read_magic(head)](head)
    except Exception as error:
        raise ValueError("no header of an array") from error
    if len(shape) > MAX_AXES or not all(0 <= length < 1 << 40 for length in shape):
        raise ValueError("no shape of an array")
    return tuple(map(int, shape)), fortran_order, dtype


def _exactly(data: IO[bytes], n_bytes: int) -> bytearray:
    taken = bytearray()
    while len(taken) < n_bytes:
        if not (some := data.read(min(PIECE, n_bytes - len(taken)))):
            raise EOFError("less data than the header says")
        taken += some
    return taken


def _fill(piece: np.ndarray, data: bytearray, header: Header) -> None:
    given = np.frombuffer(data, header.dtype)
    with np.errstate(invalid="ignore", over="ignore"):  # what does not fit is found below, or by its range
        piece[...] = given
    if piece.dtype.kind == "U" and piece.view(np.uint32).max(initial=0) > LAST_CHARACTER:
        raise ValueError("no characters")
    if piece.dtype.kind in "biu" and not (piece == given).all():
        if piece.dtype.kind == "b":
            raise NotARun(name="", reason=Reason("{entry} holds other values than 0 and 1.", entry=header.name))
        raise NotARun(name="", reason=Reason("{entry} holds other values than whole numbers.", entry=header.name))
