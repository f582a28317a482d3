"""Lead from a lesson to the pages of the app, each opened with what the lesson is about."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from pages.ui.language_choice import spoken
from pages.ui.markdown import literal
from viz.packs.schema import Link
from viz.text import _

PAGES = {file.parent.name for file in Path(__file__).parents[1].glob("*/page.py")}

# What a page, or any of them, remembers of a visit, which the address gives way to: it is let go of first.
KEEPS = {
    "masked_word": "asked_sentence",
    "batch": "asked_batch",
    "generation": "asked_batch",
    "same_alone": "asked_batch",
    "board": "asked_boards",
}
KEPT_BY_ALL = {
    "head": "open_head",
    "prompt": "open_prompt",
    "kind": "open_kind",
    "predict": "predict",
    "drawing": "drawing",
    "numbers": "numbers",
    **dict.fromkeys(("words", "hide", "joined", "shown"), "view"),
}


def links(of: Sequence[Link]) -> None:
    """Draw the links of a part; one to a page that is not there says so."""
    there = [link for link in of if link.page in PAGES]
    if there:
        st.caption(_("Look at it in the app; the menu's Lessons leads back here:"))
    with st.container(horizontal=True):
        for number, link in enumerate(there):
            key = f"lesson_link_{number}_{link.page}"
            if st.button(literal(link.label), key=key, icon=":material/arrow_outward:"):
                _go(link.page, link.values)
    for link in of:
        if link.page not in PAGES:
            message = _("The lesson leads to the page '{page}', which is not in this app.")
            st.caption(literal(message.format(page=link.page)))


def _go(page: str, values: Mapping[str, str]) -> None:
    """Open a page as at its first visit, with this address."""
    st.session_state.pop(KEEPS.get(page, f"asked_{page}"), None)
    for name in KEPT_BY_ALL.keys() & values.keys():
        st.session_state.pop(KEPT_BY_ALL[name], None)
    st.switch_page(f"pages/{page}/page.py", query_params={**values, **spoken()})
