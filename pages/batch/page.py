"""Batch of prompts: what padding makes of them, their next words, every head of each, and how they go on."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

st.title(_("Batch of prompts"), anchor=False)
st.caption(
    _("Prompts of different length become one tensor. See the padding, the masks, and what every head does with them.")
)
terms("padding", "attention_mask", "position_ids")
opening = Opening(
    _("Here will be your prompts as one table of numbers, the next word of each, and the maps of every head.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.batch.answers import answers_table  # noqa: E402
from pages.batch.continuation import continuation_panel  # noqa: E402
from pages.batch.speed import speed_panel  # noqa: E402
from pages.batch.tables import batch_tables  # noqa: E402
from pages.ui import head_choice, prompt_form  # noqa: E402
from pages.ui.open_map import of_open_text  # noqa: E402
from pages.ui.prompt_heads import prompt_heads  # noqa: E402
from viz.analysis.openings import texts  # noqa: E402
from viz.engine.local import engine  # noqa: E402

question = prompt_form.ask("batch")

slot = st.container()
with slot.skeleton(height=480):
    answer = question.answered(lambda asked: engine.ask(asked.request))

if answer is not None:
    question, run = answer
    prompt_form.say_dropped(question.text)
    request = question.request
    with slot, head_choice.whole_page():
        batch_tables(run)
        answers_table(run)
        prompt_heads(partial(engine.ask, request))
        if run.model.causal and run.model.words == "read":
            continuation_panel(request)
        if len(run.batch.texts) > 1:
            speed_panel(request)
        give = partial(engine.ask, request)
        opening.say(of(texts.batch, give), of_open_text(give))
