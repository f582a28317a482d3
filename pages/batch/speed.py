"""Time the same prompts one by one and as one batch."""

import streamlit as st

from pages.ui import runs
from pages.ui.prompt_form import BatchQuestion
from viz.records import Run
from viz.text import _

ROUNDS = 5


@st.fragment
def speed_panel(run: Run, question: BatchQuestion) -> None:
    """Offer the measurement; it runs when its button is pressed, and what was measured stays."""
    if len(run.batch.texts) == 1:
        return
    st.subheader(_("One by one, or as one batch?"), anchor=False)
    measured = st.session_state.setdefault("measured_speed", {})
    if st.button(
        _("Measure"), key="measure", help=_("Each way {n} times, in turns; the middle value counts.").format(n=ROUNDS)
    ):
        bar = st.progress(0.0, _("Measuring …"))
        measured[question] = runs.batch_speed(
            question.checkpoint,
            question.prompts,
            question.padding_side,
            ROUNDS,
            lambda share: bar.progress(share, _("Measuring …")),
        )
        bar.empty()
    if (speed := measured.get(question)) is None:
        st.caption(_("Nothing was measured yet for this batch."))
        return
    st.dataframe(
        {
            _("way"): [_("one by one"), _("one batch")],
            _("seconds (median)"): [speed.seconds_alone, speed.seconds_batch],
            _("real tokens a second"): [speed.tokens_per_second_alone, speed.tokens_per_second_batch],
        },
        hide_index=True,
        column_config={
            _("seconds (median)"): st.column_config.NumberColumn(format="%.4f"),
            _("real tokens a second"): st.column_config.NumberColumn(format="%.0f"),
        },
        key="speed",
    )
    message = _(
        "The batch has {real} real tokens and {padding} of padding ({share:.0%}); padding costs time as real tokens do."
    )
    st.caption(message.format(real=speed.n_real, padding=speed.n_padding, share=speed.padding_share))
