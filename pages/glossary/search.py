"""Ask which terms are shown: the field and the address, ``?term=attention_mask``, hold the same."""

import streamlit as st

from pages.ui.question import MAX_ADDRESS, set_address
from viz.text import _

_FIELD, _TAKEN = "glossary_term", "glossary_address"


def ask() -> str:
    """Give what is looked for, empty for all terms; a link to a term fills the field, typing changes the address."""
    given = st.query_params.get("term", "")
    arrives = _FIELD not in st.session_state
    if arrives or given != st.session_state.get(_TAKEN):
        st.session_state[_FIELD] = given
    typed = st.text_input(
        _("Find a term"), key=_FIELD, placeholder=_("in any of the languages, or as programs call it")
    ).strip()[:MAX_ADDRESS]
    st.session_state[_TAKEN] = typed
    set_address({"term": typed or None})
    if not arrives:  # a link within a page reaches the server, but not the browser's address
        st.query_params.from_dict(st.query_params.to_dict())
    return typed
