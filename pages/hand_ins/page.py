"""Hand-ins: what a class handed in, judged anew, its guesses beside the model, its claims tested again."""

import streamlit as st

from pages.ui.terms import terms
from viz.text import _

st.title(_("Hand-ins"), anchor=False)
st.caption(
    _(
        "For teachers: open what your class handed in, up to 200 files at once. Every answer is judged anew against "
        "the model's own numbers. Names and answers stay in this server's memory for this visit: nothing of them is "
        "saved, logged or sent."
    )
)
terms("claim", "chance_level", "attention_map")

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.hand_ins import form, panel  # noqa: E402

read = form.hand_ins()
packs = form.packs()
if read is not None:
    form.say(read)
    panel.show(read, packs)
