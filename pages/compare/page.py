"""Compare two runs: which tokens are the same, which heads look elsewhere, what became of the answer."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening
from pages.ui.terms import terms
from viz.text import _

st.title(_("Compare two runs"), anchor=False)
st.caption(
    _(
        "Two texts, two models, two masks, or two checkpoints of one training. Equal tokens are paired, and every head "
        "is compared over the pairs; tokens without a partner are marked."
    )
)
terms("token", "attention_map")
opening = Opening(_("Here will be two runs side by side: which tokens are the same, and which heads look elsewhere."))

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.compare import form  # noqa: E402
from pages.compare.alignment import alignment  # noqa: E402
from pages.compare.answers import answers  # noqa: E402
from pages.compare.heads import heads_panel, moved_said  # noqa: E402
from pages.compare.pair import choose  # noqa: E402
from pages.ui import head_choice  # noqa: E402

questions = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answered = {side: form.answer(side, question) for side, question in questions.items()}

if answered["a"] is not None and answered["b"] is not None:
    with slot, head_choice.whole_page():
        pair = choose(answered["a"], answered["b"])
        alignment(pair)
        heads_panel(pair)
        answers(pair)
        opening.say(partial(moved_said, pair))
