"""Continue every prompt of a batch and show what was added, set apart from what was typed."""

import streamlit as st

from pages.ui import runs
from pages.ui.markdown import literal
from pages.ui.prompt_form import BatchQuestion
from pages.ui.sampling_form import ask_sampling
from viz.drawing import strips
from viz.errors import VizError
from viz.names import position_number
from viz.records import Run
from viz.text import _, sentence


@st.fragment
def continuation_panel(run: Run, question: BatchQuestion) -> None:
    """Offer the ways to continue and draw the texts; only this part runs again when one is changed."""
    if not run.model.causal:
        return
    st.subheader(_("How the prompts go on"), anchor=False)
    sampling = ask_sampling()
    try:
        generation = runs.generation(question.checkpoint, question.prompts, question.padding_side, sampling)
    except VizError as error:
        st.error(literal(sentence(error)))
        return
    if question.padding_side == "right" and not run.batch.attention_mask.all():
        st.warning(
            _(
                "With right padding `generate` continues behind the padding, so shorter prompts go on wrongly. Choose left padding."
            )
        )
    lines = [
        strips.continued(text, added, _("prompt {number}").format(number=position_number(row)))
        for row, (text, added) in enumerate(zip(run.batch.texts, generation.continuations))
    ]
    st.html(strips.board(lines))
    st.caption(_("Set apart: what the model added. Padding and the end token are not printed."))
