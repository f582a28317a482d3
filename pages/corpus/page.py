"""A head over a corpus: where it is strongest among thousands of sentences, how its jobs spread, what it links."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening
from pages.ui.terms import terms
from viz.text import _

st.title(_("A head over a corpus"), anchor=False)
st.caption(
    _(
        "One sentence shows what a head may do, hundreds show what it does: where it is strongest, in the middle and "
        "weakest, how its jobs spread, and which words it links more than chance would."
    )
)
terms("job", "even_look")
opening = Opening(_("Here will be the lines of text in which the open head is strongest, in the middle and weakest."))

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.corpus import form  # noqa: E402
from pages.corpus.panel import corpus_panel, said  # noqa: E402
from pages.ui import head_choice  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)

if answer is not None:
    with slot, head_choice.whole_page():
        corpus_panel(answer[0])
        opening.say(partial(said, answer[0].request))
