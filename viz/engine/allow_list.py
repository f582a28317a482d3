"""Tell whether a model may be opened on a server that others can reach: ``HEADLIGHT_ALLOW`` lists those that may.

Without that list, where strangers visit, any name on the Hub may, and the folders of ``HEADLIGHT_MODELS``.

The list is asked before anything is looked for, and what it leaves out is answered as what does not exist: neither the
sentence nor the time tells what lies on the disk.
"""

import os

from viz import settings
from viz.errors import FolderNotListed, ModelNotFound
from viz.shipped import ALL_SHIPPED, shipped_names

EVERY = "/*"  # the end of an entry that stands for all that lies directly in a folder, or under an owner's name


def require_allowed(checkpoint: str) -> None:
    """Raise ``ModelNotFound`` for a model that may not be opened.

    A folder that no list holds is called so where there is no list of models: that is told from the name alone.
    """
    if is_allowed(checkpoint):
        return
    is_unlisted = not settings.current().allow and _is_path(checkpoint) and not _is_written(checkpoint)
    raise (FolderNotListed if is_unlisted else ModelNotFound)(checkpoint=checkpoint, shipped=shipped_names())


def is_allowed(checkpoint: str) -> bool:
    """Tell whether a name or a folder is on the list, as it is written and as the disk's links resolve it."""
    if checkpoint in ALL_SHIPPED or not settings.current().is_guarded:
        return True
    return _is_written(checkpoint) and (not _is_path(checkpoint) or _leads_inside(checkpoint))


def may_be_folder(checkpoint: str) -> bool:
    """Tell whether a name is looked for on the disk; where strangers visit, one without a path is the Hub's."""
    return not settings.current().is_guarded or _is_path(checkpoint)


def _is_written(checkpoint: str) -> bool:
    """Tell whether a list holds a name or a folder as it is written; the disk is not asked."""
    if _is_path(checkpoint):
        folder = _plain_folder(checkpoint)
        return folder is not None and _is_listed(folder, _folders())
    names = [entry for entry in settings.current().allow if not _is_path(entry)]
    return _is_plain(checkpoint) and (not settings.current().allow or _is_listed(checkpoint, names))


def _leads_inside(checkpoint: str) -> bool:
    """Tell whether a folder that is listed leads to a listed one: a link inside opens no other."""
    return _is_listed(os.path.realpath(_plain_folder(checkpoint) or ""), [_resolved(entry) for entry in _folders()])


def _folders() -> list[str]:
    """List the folders that may be opened: those of the list of models, else those whose models are listed."""
    here = settings.current()
    if here.allow:
        return [_absolute(entry) for entry in here.allow if _is_path(entry)]
    return [_absolute(f"{folder}{every}") for folder in here.models for every in ("", EVERY)]


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
