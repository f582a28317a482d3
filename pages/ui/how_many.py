"""Ask how many of the best words are shown; it lives in the address (``?k=5``)."""

import streamlit as st

from pages.ui.question import set_address, whole
from viz.text import _

USUAL = 3


def how_many(place, most: int) -> int:
    """Show the field, filled from the address where it is new, and give the number."""
    if "k" not in st.session_state:
        asked = whole(st.query_params.get("k", ""))
        st.session_state["k"] = USUAL if asked is None else min(max(asked, 1), most)
    k = place.number_input(_("How many"), 1, most, key="k")
    set_address({"k": None if k == USUAL else str(k)})
    return k
