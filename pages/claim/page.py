"""Test a claim: does a head look from one kind of word at another, more than by luck and not by position?"""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening
from pages.ui.terms import terms
from viz.text import _

st.title(_("Test a claim"), anchor=False)
st.caption(
    _(
        "Two sentences make a story, not evidence. Say which word a head should look at, give many sentences, and "
        "read the verdict."
    )
)
terms("claim", "chance_level", "even_look")
opening = Opening(
    _("Here will be a verdict on your claim about a head, with the numbers it rests on, sentence by sentence.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.claim import form  # noqa: E402
from pages.claim.panel import claim_panel, said  # noqa: E402
from pages.ui import head_choice  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)

if answer is not None:
    with slot, head_choice.whole_page():
        claim_panel(answer)
        opening.say(partial(said, answer))
