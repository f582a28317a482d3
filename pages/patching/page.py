"""Patch from another sentence: which heads, or which states, carry what makes one sentence's answer another's."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

st.title(_("Patch from another sentence"), anchor=False)
st.caption(
    _(
        "Two sentences that differ in one thing get two answers. Here a part of the second's pass is put into the "
        "first's: where the answer follows, the difference was carried there."
    )
)
terms("patching", "residual_stream")
opening = Opening(
    _("Here will be a board: how far the answer of the first sentence moves when a part of the second is put in.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.patching import controls, form  # noqa: E402
from pages.patching.board import board_panel  # noqa: E402
from pages.ui import head_choice  # noqa: E402
from pages.ui.head_panel import head_panel  # noqa: E402
from viz.analysis.openings import heads  # noqa: E402
from viz.engine.local import engine  # noqa: E402

question = form.ask()
choice = controls.choose()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question, choice)

if answer is not None:
    question, patched = answer
    with slot, head_choice.whole_page():
        board_panel(patched)
        if patched.what == "heads":
            st.header(_("One head, in the first sentence"), anchor=False)
            head_panel(partial(engine.ask, question.request), row=0)
        opening.say(of(heads.patching, partial(engine.ask, question.patch(choice))))
