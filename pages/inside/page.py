"""Inside the mask: from 0 and 1 to what is added to the scores, to the softmax, with the model's own numbers."""

from dataclasses import replace
from functools import partial

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

st.title(_("Inside the mask"), anchor=False)
st.caption(_("From 0 and 1 to minus infinity to softmax: every number on this page was taken from the running model."))
terms("additive_mask", "score", "softmax")
opening = Opening(
    _("Here will be the numbers of one row of a map: the scores, what the mask adds, and what the softmax makes of it.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.inside import form  # noqa: E402
from pages.inside.controls import ask_mask  # noqa: E402
from pages.inside.effect import mask_effect  # noqa: E402
from pages.inside.hiding_values import hiding_values_panel  # noqa: E402
from pages.inside.life import life_panel  # noqa: E402
from pages.inside.stages import MAPS, stage_maps, stages_panel, stages_said  # noqa: E402
from pages.inside.strips import inside_strips  # noqa: E402
from pages.inside.two_stacks import stacks_life_panel  # noqa: E402
from pages.ui import guard, head_choice, prompt_choice  # noqa: E402
from viz.analysis.openings import masks  # noqa: E402
from viz.engine.local import engine  # noqa: E402

question = form.ask()

slot = st.container()
with slot.skeleton(height=480):
    answer = question.answered(form.TextQuestion.run)

if answer is not None and answer[1].target is not None:
    question, before = answer
    with slot:
        stacks_life_panel(question.translation)
        opening.say(of(masks.two_stacks, partial(engine.ask, question.translation)))
elif answer is not None:
    question, before = answer
    usual = question.request
    with slot, head_choice.whole_page(MAPS, "fills", "life"):
        inside_strips(before.batch, _("prompt {number}"))
        row = prompt_choice.control(len(before.batch.texts), whole_page=True) if len(before.batch.texts) > 1 else 0
        st.header(_("Layers of the mask"), anchor=False)
        choice = ask_mask(before, row)
        request = usual if choice.changes_nothing else replace(usual, mask=choice)
        run = guard.attempt(engine.ask, request)
        if run is None:
            st.caption(_("Below is the model with its usual mask."))
            request, run = usual, before
        st.header(_("From scores to attention"), anchor=False)
        stages_panel(request, row)
        stage_maps(request, row)
        if run is not before:
            st.header(_("What this mask changes"), anchor=False)
            mask_effect(before, run, row)
        st.header(_("Which value hides?"), anchor=False)
        hiding_values_panel(request, row)
        st.header(_("The mask's life"), anchor=False)
        life_panel(request)
        opening.say(partial(stages_said, request, row))
