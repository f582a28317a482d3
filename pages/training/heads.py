"""Show the heads of a training batch: how much they look at padding when the mask is left out."""

import streamlit as st

from pages.ui import guard, head_choice, prompt_choice
from pages.ui.head_grid import head_grid, mark_head
from pages.ui.head_panel import head_view
from pages.ui.markdown import literal
from pages.ui.prompt_choice import prompt_name
from viz.engine.local import engine
from viz.engine.requests import Train
from viz.records import Run
from viz.text import _


@guard.fragment(key=head_choice.PANEL)
def training_heads(request: Train) -> None:
    """Draw the open sentence and the open head; choosing another one runs only this part again, and no pass."""
    st.header(_("The heads, with and without the mask"), anchor=False)
    told = st.toggle(_("Give the mask"), key="map_told")
    if told:
        st.caption(_("The mask is given: no real token looks at padding."))
    else:
        st.caption(_("The mask is left out: every position counts as real, padding too."))

    def give() -> Run:
        lesson = engine.ask(request)
        return lesson.run_told if told else lesson.run_untold

    run = give()
    left, right = st.columns(2, gap="medium")
    with left:
        row = prompt_choice.control(len(run.batch.texts))
        st.caption(literal(prompt_name(run, row, 120)))
        st.header(_("All heads of this sentence"), anchor=False)
        head_grid(run, row)
    with right:
        layer, head = head_choice.controls(run.model)
        mark_head(layer, head)
        head_view(give, row, layer, head)
