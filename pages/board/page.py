"""Head board: every head of a model, coloured by one measured job, over one text or many."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening
from pages.ui.terms import terms
from viz.text import _

st.title(_("Head board"), anchor=False)
st.caption(
    _(
        "What does each head do? Every head is measured for one job at a time, over one text or a few hundred. A "
        "click opens a head."
    )
)
terms("job", "entropy", "induction")
opening = Opening(_("Here will be a board with a square for every head, coloured by what the head does in your texts."))

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.board import form  # noqa: E402
from pages.board.opening import said  # noqa: E402
from pages.board.panel import board_panel  # noqa: E402
from pages.ui import head_choice  # noqa: E402

questions = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answers = {side: form.answer(side, question) for side, question in questions.items()}

if answers["a"] is not None:
    with slot, head_choice.whole_page():
        asked = {side: question for side, question in answers.items() if question is not None}
        board_panel(asked)
        opening.say(partial(said, asked["a"]))
