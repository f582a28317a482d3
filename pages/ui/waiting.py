"""Show the place in line of whoever waits for the model longer than a second, and let those go who clicked on."""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from viz.text import _

QUIET = 0.3  # seconds: most answers come by then, and nothing is drawn for them
PATIENCE = 1.0  # seconds without a word


def visitor() -> Hashable:
    """Name the visitor for whom this thread draws; None where it draws for nobody."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


@contextmanager
def in_line() -> Iterator[Callable[[int], object]]:
    """Draw the place in line while the page waits.

    Drawing is also where Streamlit takes whoever asked something else, or left, out of the wait, so it is done again
    and again.
    """
    if visitor() is None:
        yield lambda _place: None
        return
    since, slots = time.monotonic(), list[DeltaGenerator]()

    def tell(place: int) -> None:
        waited = time.monotonic() - since
        if waited > QUIET and not slots:
            slots.append(st.empty())
        for slot in slots:
            if place and waited > PATIENCE:
                slot.caption(_("Others are asking too: you are number {place} in line.").format(place=place))
            else:
                slot.empty()

    try:
        yield tell
    finally:
        for slot in slots:
            slot.empty()
