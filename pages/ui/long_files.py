"""Make files that may take seconds: a short text's at the click that saves it, a long text's with a bar, then to save.

What was made is kept for all visitors, up to a number of bytes; of what was let go, saving makes it anew.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import streamlit as st

from pages.ui import guard
from viz.engine.kept import Kept
from viz.engine.local import engine
from viz.files import at_once
from viz.text import _, language

_MAX_BYTES = 60_000_000

Hear = Callable[[float], object]

_made = Kept(_MAX_BYTES)


@dataclass(frozen=True, slots=True)
class LongFile:
    """Name a file and say how it is made; ``identity`` is equal for equal files, given when it is asked for."""

    key: str
    label: str
    name: str
    mime: str
    make: Callable[[Hear], bytes]
    identity: Callable[[], Hashable]
    is_quick: bool  # takes less than a second


def offer(file: LongFile) -> None:
    """Offer one file."""
    if file.is_quick:
        _save(file.label, file, lambda: file.make(_to_nobody))
        return
    key = (file.key, language(), file.identity())
    place = st.empty()
    pressed = place.button(file.label, key=f"make_{file.key}", icon=":material/hourglass_empty:", width="stretch")
    if pressed:
        guard.attempt(lambda: _made.keep(key, _measured(file, place)))
    if _made.find(key) is not None:
        with place.container():
            message = _("Save: {file}").format(file=file.label)
            _save(message, file, lambda: _found(key) or file.make(_to_nobody))


def _measured(file: LongFile, place) -> bytes:
    """Make a file with a bar; others draw their pages meanwhile."""
    bar = place.progress(0.0, file.label)
    with engine.aside(), at_once.one_more():
        return file.make(lambda share: bar.progress(min(share, 1.0), file.label))


def _found(key: Hashable) -> bytes | None:
    found = _made.find(key)
    return found if isinstance(found, bytes) else None


def _save(label: str, file: LongFile, make: Callable[[], bytes]) -> None:
    st.download_button(
        label, make, file.name, file.mime, key=f"download_{file.key}", on_click="ignore", width="stretch"
    )


def _to_nobody(_share: float) -> None:
    """Take a share that nobody wants to know."""
