"""Open an ``.npz`` of anyone: its headers first, then the arrays asked for, each no larger than its header says.

``numpy.load`` unpacks what it finds: a few hundred kB of a hostile file become gigabytes.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable
from struct import error as StructError
from typing import BinaryIO, cast

import numpy as np
from numpy.lib import format as npy

from viz.errors import NotARun, Reason
from viz.files.header import MAX_DIRECTORY, Header, exactly, require_shape, unpack

MAX_HEADER = 12_000  # bytes before an array's numbers; numpy writes 128
# What a damaged or hostile file can make zipfile (by what it uses), and us, raise.
_OF_ZIP = (zipfile.BadZipFile, zlib.error, StructError, RuntimeError, KeyError, OverflowError)
UNREADABLE = (*_OF_ZIP, ValueError, OSError, EOFError)


class Archive:
    """Read arrays from a ``.npz`` that is open. Raises one of ``UNREADABLE`` where it cannot be read."""

    def __init__(self, file: BinaryIO):
        self._zip = zipfile.ZipFile(cast(BinaryIO, SmallReads(file)))

    def headers(self, names: Iterable[str]) -> dict[str, Header]:
        """Read the headers of those of the named arrays that are there; nothing else of the file is looked at."""
        return {name: self._header(name) for name in names if f"{name}.npy" in self._zip.NameToInfo}

    def _header(self, name: str) -> Header:
        entry = self._entry(name)
        # bzip2 and LZMA unpack without a bound; numpy packs with neither.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotARun(name="", reason=Reason("{name} is packed in another way than numpy packs.", name=name))
        with self._zip.open(entry) as data:
            head = io.BytesIO(data.read(MAX_HEADER))
        shape, fortran_order, dtype = _parsed(head)
        if dtype.kind not in "biufU" or dtype.itemsize == 0:
            raise NotARun(name="", reason=Reason("{name} holds neither numbers nor text.", name=name))
        header = Header(name, dtype, shape, fortran_order, head.tell())
        if entry.file_size != header.start + header.nbytes:
            raise ValueError("the zip and the array disagree about its size")
        return header

    def unpack(self, header: Header, dtype: np.dtype) -> np.ndarray:
        """Unpack an array; raises what ``header.unpack`` raises."""
        with self._zip.open(self._entry(header.name)) as data:
            exactly(data, header.start)
            return unpack(data, header, dtype)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        return self._zip.NameToInfo[f"{name}.npy"]


class SmallReads:
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
        shape = tuple(map(int, shape))
    except Exception as error:
        raise ValueError("no header of an array") from error
    require_shape(shape)
    return shape, fortran_order, dtype
