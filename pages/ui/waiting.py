"""Show the place in line of whoever waits for the model longer than a second, and let those go who clicked on."""

import html
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from viz.text import _

QUIET = 0.3  # seconds: most answers come by then, and nothing is drawn for them
PATIENCE = 1.0  # seconds without a word


class _Drawn(threading.local):
    """Hold where this thread, which draws a page, says that it waits; None where it draws none."""

    place: DeltaGenerator | None = None


_mine = _Drawn()


def visitor() -> Hashable:
    """Name the visitor for whom this thread draws; None where it draws for nobody."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


@contextmanager
def place() -> Iterator[None]:
    """Keep a place for the sentence of whoever waits while a page, or a part of one, is drawn.

    It is there whether anybody waits or not: what a browser finds further up or down than before is built anew, and
    whoever had a field or an open list there loses it.
    """
    before, _mine.place = _mine.place, st.empty()
    try:
        yield
    finally:
        _mine.place = before


@contextmanager
def in_line() -> Iterator[Callable[[int], object]]:
    """Draw the place in line while the page waits.

    Drawing is also where Streamlit takes whoever asked something else, or left, out of the wait, so it is done again
    and again.
    """
    slot = _mine.place
    if slot is None:
        yield lambda _number: None
        return
    since = time.monotonic()

    def tell(number: int) -> None:
        waited = time.monotonic() - since
        if number and waited > PATIENCE:
            message = _("Others are asking too: you are number {place} in line.").format(place=number)
            slot.html(f'<p class="hl-waiting" role="status">{html.escape(message)}</p>')
        elif waited > QUIET:
            slot.empty()

    try:
        yield tell
    finally:
        if time.monotonic() - since > QUIET:
            slot.empty()
