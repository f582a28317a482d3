"""What is this head? All that is known of one head: its map, jobs, effect, tested claims, and who found what."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening
from pages.ui.terms import terms
from viz.text import _

st.title(_("What is this head?"), anchor=False)
st.caption(
    _(
        "One head in one place: where it looks in this text, what it does best among all heads, whether the answer "
        "needs it, and what others found."
    )
)
terms("head", "job", "contribution")
opening = Opening(
    _("Here will be all that is measured of one head: its map, its jobs, its effect, and what others found.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.head import form  # noqa: E402
from pages.head.about import PANEL, about_panel, head_said  # noqa: E402
from pages.ui import head_choice  # noqa: E402
from pages.ui.head_panel import head_panel  # noqa: E402
from pages.ui.open_map import of_text  # noqa: E402
from viz.engine.local import engine  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)

if answer is not None:
    question, run = answer
    with slot, head_choice.whole_page(PANEL):
        left, right = st.columns(2, gap="medium")
        with left:
            head_panel(partial(engine.ask, question.request), row=0, link=False)
        with right:
            about_panel(question)
        give = partial(engine.ask, question.request)
        opening.say(partial(head_said, give), of_text(give, 0))
