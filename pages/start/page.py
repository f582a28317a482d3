"""Start: what this is, three doors, and the last runs of this visit. It needs no model."""

import streamlit as st

from pages.start.doors import doors
from pages.start.last_runs import last_runs
from viz.text import _

st.title("Headlight", anchor=False)
st.markdown(_("**See what every attention head of BERT or GPT-2 looks at.**"))
st.markdown(
    _(
        "Type a sentence with [MASK], or a batch of prompts: the model guesses, and the page draws every layer's every "
        "head beside the answer, padding greyed out."
    )
)
st.markdown(_("Small English models come along; others open on the page Models. Every number is the model's own."))
doors()
last_runs()
