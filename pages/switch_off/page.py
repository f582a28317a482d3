"""Switch heads off: which heads does the answer need, whatever their maps look like."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening
from pages.ui.terms import terms
from viz.text import _

st.title(_("Switch heads off"), anchor=False)
st.caption(
    _(
        "A map shows where a head looks, not whether the answer needs it. Here its output is taken away, and the "
        "answer moves or not."
    )
)
terms("switching_off", "sink")
opening = Opening(
    _("Here will be a square for every head, and the answer with the heads on and with some of them off.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.switch_off import form  # noqa: E402
from pages.switch_off.answer import answer_panel, said  # noqa: E402
from pages.switch_off.controls import ask_choice  # noqa: E402
from pages.switch_off.ranking import ranking_panel  # noqa: E402
from pages.ui import guard, head_choice  # noqa: E402
from pages.ui.head_panel import head_panel  # noqa: E402
from pages.ui.open_map import of_text  # noqa: E402
from viz.analysis.heads.switch_off import brightness  # noqa: E402
from viz.engine.local import engine  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)

if answer is not None:
    question, run = answer
    request = question.request
    with slot, head_choice.whole_page():
        bright = brightness(run, 0)
        left, right = st.columns(2, gap="medium")
        with left:
            st.header(_("Heads"), anchor=False)
            choice = ask_choice(run, bright)
        switched = guard.attempt(engine.ask, choice.switched(request))
        ranking, one_head = st.container(), st.container()
        with right:
            if switched is not None:
                answer_panel(run, switched, choice)
        with one_head:
            st.header(_("One head, with all heads on"), anchor=False)
            head_panel(partial(engine.ask, request), row=0)
        with ranking:  # last, since it may go on for long
            ranking_panel(request, run, choice, bright)
        if switched is not None:
            opening.say(partial(said, request, choice), of_text(partial(engine.ask, request), 0))
