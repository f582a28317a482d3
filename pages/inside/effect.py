"""Show what a changed mask does: the product of its layers, the answer before and after, the map before and after."""

import streamlit as st

from pages.ui import guard, head_choice
from pages.ui.answer_shift import answer_shift
from pages.ui.map_pair import map_pair
from viz.analysis.compare.comparison import edited
from viz.analysis.predictions import require_words
from viz.records import Run
from viz.text import _

MAP_PX = 380


def mask_effect(before: Run, after: Run, row: int) -> None:
    """Compare one row of two runs over the same tokens."""
    places = [n for n, (at, _position) in enumerate(before.readouts) if at == row]
    if not places and before.model.words == "read":
        st.info(_("There is no [MASK] in this text, so there is no answer to compare; the maps below are compared."))
    elif not places:
        guard.attempt(require_words, before.model)
    for n in places:
        answer_shift(before, after, n, "effect")
    captions = _("before"), _("with this mask"), _("difference: blue more, orange less")
    place = head_choice.chosen(before.model)
    map_pair(edited(before, after, row), *place, "effect_map", captions, height=MAP_PX)
