"""Tell whether a model may be opened on a server that others can reach: ``HEADLIGHT_ALLOW`` lists those that may.

The list is asked before anything is looked for, and what it leaves out is answered as what does not exist: neither the
sentence nor the time tells what lies on the disk.
"""

import os

from viz import settings
from viz.errors import ModelNotFound
from viz.shipped import ALL_SHIPPED, shipped_names

EVERY = "/*"  # the end of an entry that stands for all that lies directly in a folder, or under an owner's name


def require_allowed(checkpoint: str) -> None:
    """Raise ``ModelNotFound`` for a model that may not be opened."""
    if not is_allowed(checkpoint):
        raise ModelNotFound(checkpoint=checkpoint, shipped=shipped_names())


def is_allowed(checkpoint: str) -> bool:
    """Tell whether a name or a folder is on the list, as it is written and as the disk's links resolve it."""
    entries = settings.current().allow
    if not entries or checkpoint in ALL_SHIPPED:
        return True
    if not _is_path(checkpoint):
        return _is_plain(checkpoint) and _is_listed(checkpoint, [name for name in entries if not _is_path(name)])
    folders = [_absolute(entry) for entry in entries if _is_path(entry)]
    folder = _plain_folder(checkpoint)
    if folder is None or not _is_listed(folder, folders):
        return False
    # Only now is the disk asked: a link inside a listed folder opens no other one.
    return _is_listed(os.path.realpath(folder), [_resolved(entry) for entry in folders])


def _is_path(name: str) -> bool:
    """Tell a folder from a name on the Hub, which begins with a letter or a digit."""
    return name.startswith(("/", "~", ".")) or os.path.isabs(name)


def _is_listed(name: str, entries: list[str]) -> bool:
    owner, _, last = name.rpartition("/")
    return name in entries or (bool(last) and owner + EVERY in entries)


def _is_plain(name: str) -> bool:
    """Tell whether no part of a name means another than it says: ``..``, ``.``, ``*``, nothing, or a NUL."""
    return "\0" not in name and all(part not in ("", ".", "..", "*") for part in name.split("/"))


def _plain_folder(checkpoint: str) -> str | None:
    """Give an absolute folder as it would be listed; None for one with parts that lead elsewhere.

    Another person's home, ``~somebody``, is not looked up.
    """
    home = os.path.expanduser("~") if checkpoint.startswith("~/") else ""
    folder = (home + checkpoint.removeprefix("~") if home else checkpoint).rstrip("/")
    return folder if os.path.isabs(folder) and _is_plain(folder.lstrip("/")) and not folder.startswith("//") else None


def _absolute(entry: str) -> str:
    """Write out an entry that an administrator gave, with ``*`` at its end or without."""
    folder, every = (entry.removesuffix(EVERY), EVERY) if entry.endswith(EVERY) else (entry, "")
    return os.path.abspath(os.path.expanduser(folder)).rstrip("/") + every


def _resolved(entry: str) -> str:
    folder, every = (entry.removesuffix(EVERY), EVERY) if entry.endswith(EVERY) else (entry, "")
    return os.path.realpath(folder or "/").rstrip("/") + every
