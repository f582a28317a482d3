"""List the runs of this visit: open one here or on the page it belongs to, save it, call it otherwise, forget it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pages.saved import form
from pages.ui import guard, opened, visit
from pages.ui.head_panel import Give
from pages.ui.led_back import go, lead_back, size_of
from pages.ui.markdown import literal
from pages.ui.opened import OpenedFile
from pages.ui.remembered import Remembered
from viz.engine.local import engine
from viz.errors import VizError
from viz.files import saved
from viz.files.containers import ENDINGS
from viz.labels import shortened
from viz.names import folder_name
from viz.text import _

WIDTHS = [5, 3, 2, 2]
SCROLL_AFTER, SCROLL_PX = 8, 480


@dataclass(frozen=True, slots=True)
class Door:
    """Lead a file to a page; ``keeps`` is where that page remembers what it was asked."""

    page: str
    label: Callable[[], str]
    keeps: str  # empty of a page that takes one file beside another
    kind: str = ""  # of attention, without which the page has nothing to show


DOORS = (
    Door("board", lambda: _("Head board"), "asked_boards", "self"),
    Door("claim", lambda: _("Test a claim"), "asked_claim", "self"),
    Door("cross", lambda: _("Translate and cross-attention"), "asked_cross", "cross"),
    Door("compare", lambda: _("Compare two runs"), ""),
)


def shelf(shown: str) -> None:
    """List the runs, the newest first; ``shown`` is the key of the one that is shown below."""
    st.header(_("Runs of this visit"), anchor=False)
    runs = visit.runs()
    if not runs:
        st.caption(
            _(
                "None yet. What you ask on the other pages, and what you open here, stands here until you close this "
                "tab of your browser."
            )
        )
        return
    with st.container(height=SCROLL_PX if len(runs) > SCROLL_AFTER else "content", border=False):
        for run in runs:
            _entry(run, is_shown=bool(shown) and run.key.startswith(shown))


def _entry(run: Remembered, *, is_shown: bool) -> None:
    name, what, kind, more = st.columns(WIDTHS, vertical_alignment="center")
    name.button(
        literal(run.name),
        key=f"show_{run.key}",
        type="primary" if is_shown else "secondary",
        icon=":material/folder_open:" if run.is_opened else ":material/visibility:",
        width="stretch",
        on_click=form.show,
        args=(run,),
        disabled=not run.is_opened and run.request is None,
    )
    what.caption(literal(f"{run.model} · {size_of(run)}"))
    kind.caption(literal(_("opened from {file}").format(file=shortened(run.file, 40))) if run.is_opened else _("asked"))
    with more.popover(_("More"), on_change="rerun", key=f"more_{run.key}", width="stretch") as popover:
        pass
    if popover.open:
        with popover:
            _more(run)


def _more(run: Remembered) -> None:
    st.text_input(_("Name"), run.name, key=f"name_{run.key}", max_chars=120, on_change=_renamed, args=(run.key,))
    if run.page and st.button(_("Open where it was asked"), key=f"back_{run.key}", width="stretch"):
        lead_back(run)
    try:
        give = None if run.request is None else partial(engine.ask, run.request)
        if run.is_opened:
            file = OpenedFile.of_visit(run)
            give = file.any_run
            _doors(run, file)
    except VizError as error:
        guard.explain(error)
        give = None
    if give is not None:
        _downloads(run, give)
    st.button(_("Forget"), key=f"forget_{run.key}", width="stretch", on_click=visit.forget, args=(run.key,))


def _downloads(run: Remembered, give: Give) -> None:
    for ending in ENDINGS:
        st.download_button(
            _("Save as .{ending}").format(ending=ending),
            partial(_written, give, ending),
            f"{folder_name(run.name)}.{ending}",
            "application/octet-stream",
            key=f"save_{ending}_{run.key}",
            on_click="ignore",
            width="stretch",
        )


def _doors(run: Remembered, file: OpenedFile) -> None:
    """Offer the pages that work on a file, each with it open."""
    kinds = file.any_run().maps
    for door in DOORS:
        if not door.kind or door.kind in kinds:
            label = _("Open on: {page}").format(page=door.label())
            if st.button(label, key=f"door_{door.page}_{run.key}", width="stretch"):
                opened.bring(file)
                st.session_state.pop(door.keeps, None)
                go(door.page, {})


def _renamed(key: str) -> None:
    visit.rename(key, st.session_state[f"name_{key}"])


def _written(give: Give, ending: str) -> bytes:
    return saved.as_bytes(give(), ending)
