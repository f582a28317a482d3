"""Build files that nobody should be able to open a page, or fill a computer, with."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from copy import copy

import numpy as np

from tests.saved_runs import foreign

MEGABYTE = 1 << 20


def npy(
    descr: str, shape: object, data: bytes = b"", *, version: bytes = b"\x01\x00", fortran: object = False
) -> bytes:
    """Write an array whose header says whatever is asked for."""
    head = f"{{'descr': {descr}, 'fortran_order': {fortran!r}, 'shape': {shape!r}, }}\n".encode()
    return b"\x93NUMPY" + version + len(head).to_bytes(2 if version[0] == 1 else 4, "little") + head + data


def entries(**changed: bytes | None) -> dict[str, bytes]:
    """Give the entries of a good file as bytes, with some replaced, added, or left out (None)."""
    with zipfile.ZipFile(foreign()) as archive:
        good = {name: archive.read(name) for name in archive.namelist()}
    named = {f"{name}.npy": data for name, data in changed.items()}
    return {name: data for name, data in (good | named).items() if data is not None}


def packed(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    """Pack entries under exactly these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file


def lying(name: str, data: bytes, others: Mapping[str, bytes] | None = None, **claims: int) -> io.BytesIO:
    """Pack a good file with one entry about which the zip's table of contents lies, as ``file_size=10``."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for other, part in (others or entries(**{name: None})).items():
            archive.writestr(other, part)
        archive.writestr(f"{name}.npy", data)
        for field, value in claims.items():
            setattr(archive.getinfo(f"{name}.npy"), field, value)
    return file


def zeros(head: bytes, n_megabytes: int) -> bytes:
    """Deflate a header and many zeros without having them: one MB, and then the same bytes again and again."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    one = deflate.compress(bytes(MEGABYTE)) + deflate.flush(zlib.Z_FULL_FLUSH)
    return start + one * n_megabytes + deflate.flush()


def bomb(n_megabytes: int, *, checked: bool = True) -> io.BytesIO:
    """Pack attention of so many MB of zeros, a thousandth of it in the file: ``[1, 1, MB, 512, 512]``."""
    head = npy("'<f4'", (1, 1, n_megabytes, 512, 512))
    crc = zlib.crc32(head)
    for _ in range(n_megabytes if checked else 0):
        crc = zlib.crc32(bytes(MEGABYTE), crc)
    size = len(head) + n_megabytes * MEGABYTE
    data = zeros(head, n_megabytes)
    return lying("attentions", data, of_shape(1, 512), compress_type=zipfile.ZIP_DEFLATED, file_size=size, CRC=crc)


def of_shape(n_rows: int, n_tokens: int) -> dict[str, bytes]:
    """Give the entries of a good file of this shape, all but its attention."""
    tokens, mask = np.full((n_rows, n_tokens), "a"), np.ones((n_rows, n_tokens), dtype=bool)
    return entries(attentions=None, tokens=_array(tokens), attention_mask=_array(mask))


def many_entries(n: int) -> io.BytesIO:
    """Pack a good file with n entries more in the zip's table of contents, of 60 bytes each and nothing else."""
    file = packed(entries(), zipfile.ZIP_STORED)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("other.npy", b"")
        for i in range(n):
            archive.filelist.append(copy(archive.getinfo("other.npy")))
            archive.filelist[-1].filename = f"other {i:05}.npy"
    return file


def _array(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()
