"""Show the heads of a batch: all heads of one prompt, one head over all prompts, one map."""

import streamlit as st

from pages.ui import guard, head_choice, prompt_choice
from pages.ui.head_grid import head_grid, mark_head, mark_prompt, prompt_grid
from pages.ui.head_panel import Give, head_view
from pages.ui.markdown import literal
from pages.ui.prompt_choice import prompt_name
from viz.text import _


@guard.fragment(key=head_choice.PANEL)
def prompt_heads(give: Give) -> None:
    """Draw the open prompt and the open head; choosing another one runs only this part again, and no pass."""
    run = give()
    n_rows = len(run.batch.texts)
    left, right = st.columns(2, gap="medium")
    with left:
        row = prompt_choice.control(n_rows)
        st.caption(literal(prompt_name(run, row, 120)))
        st.header(_("All heads of this prompt"), anchor=False)
        head_grid(run, row)
    with right:
        layer, head = head_choice.controls(run.model)
        mark_head(layer, head)
        head_view(give, row, layer, head)
    if n_rows > 1:
        with left:
            st.header(_("This head in every prompt"), anchor=False)
            prompt_grid(run, layer, head, prompt_choice.choose)
            mark_prompt(row)
