"""Generation, step by step: how a padded batch of prompts grows, and what each new token was chosen from."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening, of
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
opening = Opening(
    _("Here will be your prompts with the tokens that the model adds, step by step, and the maps at each step.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.generation import form  # noqa: E402
from pages.generation.steps import steps_panel  # noqa: E402
from pages.ui import head_choice, prompt_form  # noqa: E402
from viz.analysis.openings import texts  # noqa: E402
from viz.engine.local import engine  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)

if answer is not None:
    question, _generation = answer
    prompt_form.say_dropped(question.text)
    with slot, head_choice.whole_page():
        steps_panel(question.continued)
        opening.say(of(texts.generation, partial(engine.ask, question.continued)))
