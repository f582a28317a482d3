"""Find packs by name: those that ship, and those of the folders that the server offers; in a reader's language first.

A pack in several languages is several files of one name: ``padding-matters.zh.yaml``.
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from viz import settings
from viz.errors import OwnFileUnreadable
from viz.packs.errors import PackNotOffered, PackWrong
from viz.packs.reading import MAX_BYTES, read
from viz.packs.schema import Pack
from viz.shipped import MODELS_FOLDER

FOLDER = MODELS_FOLDER.parent / "packs"
SHIPPED = ("padding-matters", "zero-one-softmax", "what-a-head-looks-at", "batch-or-alone", "seen-not-scored")
MAX_LISTED = 200
_FILE = re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)(?:\.(?P<language>[a-z]{2,3}))?\.ya?ml")


@dataclass(frozen=True, slots=True)
class OpenPack:
    """Hold a pack with the digest of its file, by which answers to it are known."""

    pack: Pack
    digest: str


def opened(data: bytes, name: str) -> OpenPack:
    """Read a pack that was given. Raises ``PackWrong``."""
    return OpenPack(read(data, name), hashlib.sha256(data).hexdigest())


def names() -> list[str]:
    """List the packs that are there: the shipped ones in the order of a course, then those of the server's folders."""
    return list(dict.fromkeys([*SHIPPED, *sorted(_files())]))[:MAX_LISTED]


def find(name: str, language: str) -> OpenPack:
    """Open a pack by its name, in this language, else in English, else in what there is.

    Raises ``PackNotOffered``, ``PackWrong`` or ``OwnFileUnreadable``.
    """
    there = _files().get(name, {})
    path = there.get(language) or there.get("en") or next(iter(there.values()), None)
    if path is None:
        raise PackNotOffered(name=name[:60])
    state = path.stat()
    return _open(path, state.st_mtime_ns, state.st_size)


def of_digest(name: str, digest: str) -> OpenPack | None:
    """Give the very file to which answers were given, whatever its language; None where it is not here, or changed."""
    for language in _files().get(name, {}):
        with suppress(PackWrong, PackNotOffered, OwnFileUnreadable, OSError):
            found = find(name, language)
            if found.digest == digest:
                return found
    return None


def listed(language: str) -> list[OpenPack]:
    """Open every pack that is there; one that is wrong, or was taken away meanwhile, is left out."""
    found = []
    for name in names():
        with suppress(PackWrong, PackNotOffered, OwnFileUnreadable, OSError):
            found.append(find(name, language))
    return found


@lru_cache(maxsize=MAX_LISTED)
def _open(path: Path, _changed: int, size: int) -> OpenPack:
    """Read a file, once for as long as it stays as it is."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise OwnFileUnreadable(name=path.name) from error
    return opened(data, path.name)


def _files() -> dict[str, dict[str, Path]]:
    """Give the files by name and language; a shipped name is never another's."""
    found: dict[str, dict[str, Path]] = {}
    for folder in (FOLDER, *settings.current().packs):
        of_folder: dict[str, dict[str, Path]] = {}
        for path, match in _packs_of(folder):
            of_folder.setdefault(match["name"], {})[match["language"] or ""] = path
        for name, languages in of_folder.items():
            found.setdefault(name, languages)
    return found


def _packs_of(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    """List the packs of a folder; what leads out of it, or is no file, is left out."""
    try:
        home = folder.resolve()
        paths = [(path, path.resolve()) for path in sorted(home.iterdir())]
    except OSError:
        return []
    return [
        (real, match)
        for path, real in paths
        if (match := _FILE.fullmatch(path.name)) and real.is_relative_to(home) and real.is_file()
    ]
