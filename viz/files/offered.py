"""Find saved runs that this server offers by name: files of the places in ``HEADLIGHT_RUNS``, and no others.

A name is that of a file, without any folder. A link on the disk that leads out of its folder is refused. What may not
be opened and what is not there get the same answer, so that nobody can learn which files there are.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from viz import settings
from viz.errors import RunNotOffered
from viz.files.containers import ENDINGS

MAX_LISTED = 500
MAX_NAME = 255  # of a file


def names() -> list[str]:
    """List the runs by name, of equal names the first place's; at most ``MAX_LISTED``."""
    return sorted({name for place in settings.current().runs for name, _path in _files_of(place)})[:MAX_LISTED]


def open_file(name: str) -> tuple[BinaryIO, str]:
    """Open the run of a name; gives the file, and a stamp that is another one once it is written anew.

    Raises ``RunNotOffered``.
    """
    for place in settings.current().runs if _is_name(name) else ():
        for found, path in _files_of(place):
            if found == name and (opened := _opened(path)) is not None:
                return opened
    raise RunNotOffered(name=name)


def _is_name(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME and name.isprintable() and Path(name).name == name


def _files_of(place: Path) -> Iterator[tuple[str, Path]]:
    """Give the runs of a place, each by its name and where that leads to; what leads out of the place is left out."""
    try:
        home = place.resolve()
        if home.is_file():
            yield place.name, home
            return
        for path in sorted(home.iterdir()):
            real = path.resolve()
            is_run = path.suffix.lower().removeprefix(".") in ENDINGS and not path.name.startswith(".")
            if is_run and real.is_relative_to(home) and real.is_file():
                yield path.name, real
    except OSError:
        return  # a place that is not there, or may not be read, has none


def _opened(path: Path) -> tuple[BinaryIO, str] | None:
    """Open a file, without waiting for it and without following a link that was put in its place just now."""
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    file = os.fdopen(number, "rb")
    state = os.fstat(number)
    if not stat.S_ISREG(state.st_mode):
        file.close()
        return None
    return file, f"{state.st_dev}-{state.st_ino}-{state.st_size}-{state.st_mtime_ns}"
