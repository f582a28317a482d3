"""Draw what became of an answer: the best words of one read-out, before and after a change."""

import streamlit as st

from pages.ui.chart import chart
from pages.ui.markdown import literal
from viz.analysis.predictions import are_numbers, compare
from viz.drawing.bars import shift_bars
from viz.records import Run
from viz.text import _, percent


def answer_shift(before: Run, after: Run, readout: int, place: str) -> None:
    """Draw the best words of one read-out before and after; ``place`` names the part of the page."""
    if not are_numbers(after):
        st.error(_("Every logit is NaN: a row without any key became NaN, and the next layers carried it everywhere."))
        return
    shifts = compare(before, after, (readout, readout), 5)
    spoken = "; ".join(
        f"{s.token}: {percent(s.probability_before, 1)} → {percent(s.probability_after, 1)}" for s in shifts
    )
    chart(shift_bars(shifts), f"{place}_shift_{readout}", spoken)
    st.caption(literal(spoken))
