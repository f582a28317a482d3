"""Runs: those of this visit, those of files, opened without their model, looked at and taken along."""

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

st.title(_("Runs"), anchor=False)
st.caption(
    _(
        "What you asked in this visit, and what you open from a file: saved by Headlight, or written by any program. "
        "Nobody else is shown your runs."
    )
)
terms("token", "attention_map")
opening = Opening(_("Here will be the run that you open: its texts, its best words and its maps, without the model."))

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.saved import form, shown  # noqa: E402
from pages.saved.shelf import shelf  # noqa: E402
from pages.ui import head_choice  # noqa: E402
from pages.ui.open_map import of_text  # noqa: E402
from viz.analysis.openings import runs  # noqa: E402

question = form.ask()
shelf(question.mine)

slot = st.container()
answer = None
if not question.is_empty:
    with slot.skeleton(height=480):
        answer = question.answered(form.RunQuestion.run)

if answer is not None:
    question, run = answer
    with slot, head_choice.whole_page():
        shown.facts(run, question.title, question.key)
        row = shown.text_choice(run)
        shown.maps(run, question.give, row)
        opening.say(of(runs.saved, question.give), of_text(question.give, row))
