"""Same alone?: does every prompt of a padded batch answer as it does alone, and which mistake breaks which prompt."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening, of
from pages.ui.terms import terms
from viz.text import _

st.title(_("Same alone?"), anchor=False)
st.caption(
    _("A batch can look right and answer wrongly. Here each prompt is run both ways, and the numbers are compared.")
)
terms("padding_side", "attention_mask", "position_ids")
opening = Opening(_("Here will be each prompt twice, alone and in the batch, and how far its two answers lie apart."))

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.same_alone import museum, table  # noqa: E402
from pages.same_alone.mistakes import ask_mistakes  # noqa: E402
from pages.ui import guard, head_choice, prompt_form  # noqa: E402
from pages.ui.batch_strips import batch_strips  # noqa: E402
from pages.ui.prompt_heads import prompt_heads  # noqa: E402
from viz.analysis.openings import masks  # noqa: E402
from viz.engine.local import engine  # noqa: E402
from viz.engine.requests import Check, ContinueBothWays  # noqa: E402

museum.arrive()
question = prompt_form.ask("same_alone")
museum.shelf()

slot = st.container()
with slot.skeleton(height=480):
    answer = question.answered(lambda asked: engine.ask(asked.request))

if answer is not None:
    question, run = answer
    prompt_form.say_dropped(question.text)
    with slot, head_choice.whole_page():
        mistakes = ask_mistakes(causal=run.model.causal)
        museum.say_shown(question, mistakes)
        place = (question.checkpoint, question.prompts, question.padding_side, mistakes)
        request = Check(*place, revision=question.revision)
        check = guard.attempt(engine.ask, request)
        if check is not None:
            table.show_verdict(check)
            table.check_table(check)
            batch_strips(check.run)
            st.caption(_("Under each token its position_ids, as the model used them."))
            table.worst_heads(check)
            if run.model.causal and run.model.words == "read":
                table.continuations(check.run, ContinueBothWays(*place, revision=question.revision))
            st.header(_("The heads in this batch"), anchor=False)
            prompt_heads(partial(table.checked_run, request))
            opening.say(of(masks.same_alone, partial(engine.ask, request)))
