"""Open a file of arrays, ``.npz`` or ``.safetensors``: which it is stands in it, whatever its name says."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from viz.files.archive import UNREADABLE, Archive
from viz.files.tensor_file import TensorFile, is_tensor_file

__all__ = ["ENDINGS", "TENSORS", "UNREADABLE", "opened"]

TENSORS = "safetensors"
ENDINGS = ("npz", TENSORS)  # of the names of files; without the point


@contextmanager
def opened(source: Path | BinaryIO) -> Iterator[Archive | TensorFile]:
    """Give what reads the arrays of a file. Raises one of ``UNREADABLE`` where it cannot be read."""
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        yield TensorFile(file) if is_tensor_file(file) else Archive(file)
