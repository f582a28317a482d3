"""Write a file whole or not at all: a full disk leaves the old file as it was, and no half one beside it."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write into, which takes the name, and the rights of the old one, once all of it is written.

    What is no ordinary file, such as a pipe, is written as it is. Raises ``OSError`` with the name that was asked for.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        target = Path(os.path.realpath(path))  # a link goes on leading to its file
        half = target.with_name(f".{secrets.token_hex(4)}.half")  # short: the name itself may be as long as one can be
        try:
            with half.open("xb") as file:
                yield file
            if target.exists():
                shutil.copymode(target, half)
            os.replace(half, target)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write(path: Path, content: bytes) -> None:
    """Write bytes as ``replacing`` does."""
    with replacing(path) as file:
        file.write(content)
