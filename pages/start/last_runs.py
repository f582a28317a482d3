"""List the last runs of this visit; each leads back to where it was asked, or opened."""

import streamlit as st

from pages.start import menu
from pages.ui import visit
from pages.ui.language_choice import spoken
from pages.ui.led_back import go, lead_back, size_of
from pages.ui.markdown import literal
from pages.ui.remembered import Remembered
from viz.text import _

MOST = 5
KEY_LENGTH = 16  # characters of a run's key in the address of the page Runs


def last_runs() -> None:
    """Draw the newest runs, and the way to all of them."""
    st.header(_("Last runs of this visit"), anchor=False)
    runs = visit.runs()
    if not runs:
        st.caption(_("None yet. What you ask stands here until you close this tab of your browser."))
        return
    titles = menu.titles()
    for run in runs[:MOST]:
        _entry(run, titles)
    st.page_link("pages/saved/page.py", label=_("All runs"), icon=":material/folder_open:", query_params=spoken())


def _entry(run: Remembered, titles: dict[str, str]) -> None:
    name, what = st.columns([3, 4], vertical_alignment="center")
    is_asked = run.page in titles and not run.is_opened
    icon = ":material/history:" if is_asked else ":material/folder_open:"
    label, where = literal(run.name), titles[run.page if is_asked else "saved"]
    if name.button(label, key=f"last_{run.key}", icon=icon, width="stretch"):
        _open(run, is_asked=is_asked)
    what.caption(literal(f"{where} · {run.model} · {size_of(run)}"))


def _open(run: Remembered, *, is_asked: bool) -> None:
    if is_asked:
        lead_back(run)
        return
    st.session_state.pop("asked_saved", None)
    go("saved", {"mine": run.key[:KEY_LENGTH]})
