"""Lessons: class packs played part by part; the answers are held against what the model says."""

import streamlit as st

from pages.ui.terms import terms
from viz.text import _

st.title(_("Lessons"), anchor=False)
st.caption(
    _(
        "A lesson asks before it shows: you guess, the model answers, and a sentence says how the two compare. Your "
        "answers stay in this browser; they are sent nowhere else."
    )
)
terms("attention", "padding", "attention_mask")

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.lesson import keeping, opening, playing, shelf  # noqa: E402
from pages.ui import head_choice  # noqa: E402

opened = opening.ask()
if opened is None:
    shelf.choose()
else:
    with head_choice.whole_page():
        playing.play(opened)
keeping.tell_the_browser(opened)
