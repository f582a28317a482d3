"""Generation, step by step: how a padded batch of prompts grows, and what each new token was chosen from."""

import streamlit as st

from pages.ui.terms import terms
from viz.text import _

st.title(_("Generation, step by step"), anchor=False)
st.caption(
    _(
        "A GPT-2 adds one token at a time to every prompt. Move along the steps and see what the model looked at and "
        "chose from."
    )
)
terms("greedy", "temperature", "end_token")

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.generation import form  # noqa: E402
from pages.generation.steps import steps_panel  # noqa: E402
from pages.ui import head_choice, prompt_form  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)

if answer is not None:
    question, _generation = answer
    prompt_form.say_dropped(question.text)
    with slot, head_choice.whole_page():
        steps_panel(question.continued)
