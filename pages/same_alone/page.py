"""Same alone?: does every prompt of a padded batch answer as it does alone, and which mistake breaks which prompt."""

import streamlit as st

from viz.text import _

st.title(_("Same alone?"), anchor=False)
st.caption(
    _("A batch can look right and answer wrongly. Here each prompt is run both ways, and the numbers are compared.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.same_alone import table  # noqa: E402
from pages.same_alone.mistakes import ask_mistakes  # noqa: E402
from pages.ui import cache, head_choice, prompt_form, runs  # noqa: E402
from pages.ui.batch_strips import batch_strips  # noqa: E402
from pages.ui.prompt_heads import prompt_heads  # noqa: E402

question = prompt_form.ask("same_alone")

slot = st.container()
with slot.skeleton(height=480):
    answer = prompt_form.answer(question)

if answer is not None:
    question, run = answer
    with slot, head_choice.whole_page():
        mistakes = ask_mistakes(causal=run.model.causal)
        check = prompt_form.explained(
            runs.batch_check, question.checkpoint, question.prompts, question.padding_side, mistakes
        )
        if check is not None:
            table.show_verdict(check)
            table.check_table(check)
            batch_strips(check.run)
            st.caption(_("Under each token its position_ids, as the model used them."))
            table.worst_heads(check)
            if run.model.causal:
                table.continuations(
                    check, runs.continuations(question.checkpoint, question.prompts, question.padding_side, mistakes)
                )
            st.subheader(_("The heads in this batch"), anchor=False)
            with cache.drawing_in_turns:
                prompt_heads(check.run)
