"""Training: seen and scored: what a masked batch shows the model, what its loss counts, and what goes wrong without."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

st.title(_("Training: seen and scored"), anchor=False)
st.caption(
    _("Two questions about a training batch. Which positions does the model see? Which positions does the loss score?")
)
terms("label", "loss", "data_collator")
opening = Opening(
    _("Here will be a training batch, place by place: what the model sees of it, and what its loss scores.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.training import form  # noqa: E402
from pages.training.board import seen_and_scored, training_board  # noqa: E402
from pages.training.ends import about_ends  # noqa: E402
from pages.training.heads import training_heads  # noqa: E402
from pages.training.tables import collator_trap, four_ways_table, show_verdict, unpadded_table  # noqa: E402
from pages.ui import head_choice  # noqa: E402
from viz.analysis.openings import masks  # noqa: E402
from viz.engine.local import engine  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = question.answered(lambda asked: engine.ask(asked.request))

if answer is not None:
    question, lesson = answer
    request = question.request
    with slot, head_choice.whole_page():
        show_verdict(lesson)
        seen_and_scored(lesson.four_ways.training_batch)
        training_board(request)
        four_ways_table(lesson.four_ways)
        unpadded_table(lesson)
        about_ends(lesson.four_ways)
        collator_trap(lesson.four_ways.training_batch)
        training_heads(request)
        opening.say(of(masks.training, partial(engine.ask, request)))
