"""Show what a changed mask does: the product of its layers, the answer before and after, the map before and after."""

import streamlit as st

from pages.ui import guard, head_choice
from pages.ui.markdown import literal
from pages.ui.pictures import BARE
from viz.analysis.predictions import are_numbers, compare, require_words
from viz.drawing.bars import shift_bars
from viz.drawing.heatmap import difference_map, head_map
from viz.names import head_title
from viz.records import Run
from viz.text import _, percent

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
        _("difference: blue more, orange less"): difference_map(before, after, layer, head, row, height=MAP_PX),
    }
    for number, (column, (caption, figure)) in enumerate(zip(st.columns(3), figures.items())):
        column.caption(caption)
        column.plotly_chart(
            figure, key=f"effect_map_{number}", config=BARE, alt=f"{head_title(layer, head)}: {caption}"
        )


def answer_shift(before: Run, after: Run, readout: int, place: str) -> None:
    """Draw the best words of one read-out before and after; ``place`` names the part of the page."""
    if not are_numbers(after):
        st.error(_("Every logit is NaN: a row without any key became NaN, and the next layers carried it everywhere."))
        return
    shifts = compare(before, after, (readout, readout), 5)
    spoken = "; ".join(
        f"{s.token}: {percent(s.probability_before, 1)} → {percent(s.probability_after, 1)}" for s in shifts
    )
    st.plotly_chart(shift_bars(shifts), key=f"{place}_shift_{readout}", config=BARE, alt=spoken)
    st.caption(literal(spoken))
