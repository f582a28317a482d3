"""Show the translations readable on top, and choose the text that is opened below."""

import streamlit as st

from pages.cross.form import CrossQuestion
from pages.ui import prompt_choice
from viz.analysis.cross.steps import target_text
from viz.drawing.translations import pairs
from viz.names import position_number
from viz.records import Run
from viz.text import _


def translation(run: Run, question: CrossQuestion) -> int:
    """Write every source with its target, say who wrote it, and give the row that is open."""
    n_rows = len(run.batch.texts)
    place = st.container()
    row = prompt_choice.control(n_rows, whole_page=True, label=_("Text")) if n_rows > 1 else prompt_choice.chosen(1)
    names = [_("text {number}").format(number=position_number(at)) for at in range(n_rows)]
    with place:
        st.html(pairs(run.batch.texts, [target_text(run, at) for at in range(n_rows)], names, row))
        st.caption(_who_wrote_it(question))
    return row


def _who_wrote_it(question: CrossQuestion) -> str:
    if question.file is not None:
        return _("From a saved run, which does not say whether the model wrote the target or was given it.")
    if question.targets.strip():
        return _("The target was given: the model reads it, one piece after the other, and says what it expects next.")
    return _("Written by the model, greedily: at every step the best word, a beam of 1.")
