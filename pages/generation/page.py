"""Generation, step by step: how a padded batch of prompts grows, and what each new token was chosen from."""

import streamlit as st

from viz.text import _

st.title(_("Generation, step by step"), anchor=False)
st.caption(
    _(
        "A GPT-2 adds one token at a time to every prompt. Move along the steps and see what the model looked at and chose from."
    )
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.generation.steps import step_panel  # noqa: E402
from pages.ui import cache, head_choice, prompt_form  # noqa: E402
from pages.ui.sampling_form import ask_sampling  # noqa: E402

question = prompt_form.ask("generation", sides=False)
sampling = ask_sampling()

slot = st.container()
with slot.skeleton(height=480):
    answer = prompt_form.continued(question, sampling)

if answer is not None:
    with slot, head_choice.whole_page(), cache.drawing_in_turns:
        step_panel(answer)
