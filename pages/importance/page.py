"""Which word decided? Integrated gradients and occlusion beside attention, and value zeroing of each layer."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

st.title(_("Which word decided?"), anchor=False)
st.caption(
    _(
        "Attention shows where the model looks, not what decided. Here each word is taken away, and the answer's logit "
        "is followed back to the words."
    )
)
terms("integrated_gradients", "occlusion", "value_zeroing")
opening = Opening(_("Here will be a bar for every word of your text: how much the answer needed it."))

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.importance import form  # noqa: E402
from pages.importance.words import words_panel  # noqa: E402
from pages.importance.zeroing import zeroing_panel  # noqa: E402
from viz.analysis.openings import texts  # noqa: E402
from viz.engine.local import engine  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)

if answer is not None:
    question, run = answer
    with slot:
        asked = form.asked(question, run)
        words_panel(run, asked)
        zeroing_panel(partial(engine.ask, question.request), question.request)
        opening.say(of(texts.importance, partial(engine.ask, asked)))
