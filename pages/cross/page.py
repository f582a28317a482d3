"""Translate and cross-attention: how a target is written, and where each of its words looks in the source."""

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

st.title(_("Translate and cross-attention"), anchor=False)
st.caption(
    _(
        "An encoder reads the source, a decoder writes the target. Cross-attention joins them: each word that is "
        "written looks at the words of the source."
    )
)
terms("cross_attention", "query", "key")
opening = Opening(
    _("Here will be a translation, word by word, and the maps that say where each of its words looks in the source.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.cross import form  # noqa: E402
from pages.cross.boards import open_head  # noqa: E402
from pages.cross.heads_off import OFF, heads_off  # noqa: E402
from pages.cross.steps import STEPS, steps_panel  # noqa: E402
from pages.cross.translation import translation  # noqa: E402
from pages.ui import head_choice, kind_choice  # noqa: E402
from pages.ui.open_map import of_text  # noqa: E402
from viz.analysis.openings import texts  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)

if answer is not None:
    question, run = answer
    with slot, head_choice.whole_page(STEPS, OFF):
        row = translation(run, question)
        steps_panel(question.give, row)
        kind_choice.boards(run, row)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            open_head(question.give, row)
        with right:
            heads_off(question, row)
        opening.say(of(texts.cross, question.give, row), of_text(question.give, row))
