"""Masked word: a sentence with [MASK], its best words, all heads, one head, and what hiding a word does."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

heading, examples = st.columns([3, 2], vertical_alignment="bottom")
heading.title(_("Masked word"), anchor=False)
heading.caption(
    _(
        "Type a sentence with [MASK] (for a GPT-2, a beginning): the model guesses the word, every head shows what it "
        "looks at."
    )
)
with heading:
    terms("attention_map", "head", "probability")
    opening = Opening(
        _("Here will be the words that the model finds most likely, a small map of every head, and one map large.")
    )

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.masked_word import examples as offered  # noqa: E402
from pages.masked_word import form, tour  # noqa: E402
from pages.masked_word.edits import edits_panel  # noqa: E402
from pages.ui import head_choice  # noqa: E402
from pages.ui.head_grid import head_grid  # noqa: E402
from pages.ui.head_panel import head_panel  # noqa: E402
from pages.ui.open_map import of_text  # noqa: E402
from pages.ui.parts_of_characters import say_parts  # noqa: E402
from pages.ui.predictions import prediction_panel  # noqa: E402
from viz.analysis.openings import texts  # noqa: E402
from viz.engine.local import engine  # noqa: E402
from viz.shipped import SHIPPED  # noqa: E402

tour.offer(examples)
beside_form = st.container()
question = form.ask()
is_ours = question.checkpoint in SHIPPED
if is_ours:
    offered.choice(examples)
offered.say_what_it_shows(question.text)

slot = st.container()
with slot.skeleton(height=480):
    answer = form.answer(question)
if not is_ours:  # what this model can read is known once it is loaded
    offered.choice(examples, None if answer is None else answer[1])

if answer is not None:
    question, run = answer
    request = question.request
    guide = partial(tour.box, tour.begin(run), partial(engine.ask, request))
    with beside_form:
        guide("sentence")
    with slot, head_choice.whole_page():
        say_parts(run)
        left, right = st.columns(2, gap="medium")
        with left:
            guide("predictions")
            prediction_panel(run, row=0)
            guide("heads")
            st.header(_("All heads"), anchor=False)
            head_grid(run, row=0)
        with right:
            guide("head")
            st.header(_("One head"), anchor=False)
            guide("map")
            head_panel(partial(engine.ask, request), row=0)
            guide("keep")
        guide("what_if")
        edits_panel(request)
        give = partial(engine.ask, request)
        opening.say(of(texts.masked_word, give), of_text(give, 0))
