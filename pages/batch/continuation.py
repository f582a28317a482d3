"""Continue every prompt of a batch and show what was added, set apart from what was typed."""

import streamlit as st

from pages.ui import guard
from pages.ui.sampling_form import ask_sampling
from viz.drawing import strips
from viz.engine.local import engine
from viz.engine.requests import Ask, Continue
from viz.names import position_number
from viz.text import _


@guard.fragment()
def continuation_panel(batch: Ask) -> None:
    """Offer the ways to continue and draw the texts; only this part runs again when one is changed."""
    st.header(_("How the prompts go on"), anchor=False)
    sampling = ask_sampling()
    request = Continue(batch.checkpoint, batch.texts, sampling, batch.padding_side, batch.revision)
    generation = guard.attempt(engine.ask, request)
    if generation is None:
        return
    before = generation.run.batch
    if before.padding_side == "right" and not before.attention_mask[:, : generation.n_prompt].all():
        st.warning(
            _(
                "With right padding `generate` continues behind the padding, so shorter prompts go on wrongly. Choose "
                "left padding."
            )
        )
    lines = [
        strips.continued(text, added, _("prompt {number}").format(number=position_number(row)))
        for row, (text, added) in enumerate(zip(before.texts, generation.continuations, strict=True))
    ]
    st.html(strips.board(lines))
    st.caption(_("Set apart: what the model added. Padding and the end token are not printed."))
