"""Lessons: class packs played part by part; the answers are held against what the model says."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening
from pages.ui.terms import terms
from viz.text import _, language

st.title(_("Lessons"), anchor=False)
st.caption(
    _(
        "A lesson asks before it shows: you guess, the model answers, and a sentence says how the two compare. Your "
        "answers stay in this browser; they are sent nowhere else."
    )
)
terms("attention", "padding", "attention_mask")
looking_at = Opening(_("Here will be a lesson, part by part: what to read, what to look at, and questions about it."))

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.lesson import keeping, opening, playing, shelf  # noqa: E402
from pages.ui import head_choice  # noqa: E402
from viz.packs import openings  # noqa: E402
from viz.packs import shelf as packs  # noqa: E402

opened = opening.ask()
if opened is None:
    shelf.choose()
    looking_at.say(partial(openings.shelf, [of.pack for of in packs.listed(language())]))
else:
    with head_choice.whole_page():
        playing.play(opened)
        if opened.of is not None:
            looking_at.say(partial(openings.lesson, opened.pack, keeping.progress(opened).part))
keeping.tell_the_browser(opened)
