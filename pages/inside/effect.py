"""Show what a changed mask does: the product of its layers, the answer before and after, the map before and after."""

import streamlit as st

from pages.ui import guard, head_choice
from pages.ui.answer_shift import answer_shift
from pages.ui.pictures import BARE
from viz.analysis.compare.comparison import edited
from viz.analysis.predictions import require_words
from viz.drawing.heatmap import difference_map, head_map
from viz.names import head_title
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
    layer, head = head_choice.chosen(before.model)
    figures = {
        _("before"): head_map(before, row, layer, head, height=MAP_PX),
        _("with this mask"): head_map(after, row, layer, head, height=MAP_PX),
        _("difference: blue more, orange less"): difference_map(edited(before, after, row), layer, head, height=MAP_PX),
    }
    for number, (column, (caption, figure)) in enumerate(zip(st.columns(3), figures.items())):
        column.caption(caption)
        column.plotly_chart(
            figure, key=f"effect_map_{number}", config=BARE, alt=f"{head_title(layer, head)}: {caption}"
        )
