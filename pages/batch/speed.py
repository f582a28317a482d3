"""Time the same prompts one by one and as one batch."""

import streamlit as st

from pages.ui import guard
from viz.analysis.batches.same_alone import Speed
from viz.engine.local import engine
from viz.engine.requests import Ask, Time
from viz.text import _

ROUNDS = 5


@guard.fragment()
def speed_panel(batch: Ask) -> None:
    """Offer the measurement; it runs when its button is pressed, and what was measured stays."""
    st.header(_("One by one, or as one batch?"), anchor=False)
    request = Time(batch.checkpoint, batch.texts, batch.padding_side, ROUNDS, batch.revision)
    measured: dict[Time, Speed] = st.session_state.setdefault("measured_speed", {})
    spoken = _("Each way {n} times, in turns; the middle value counts.").format(n=ROUNDS)
    if st.button(_("Measure"), key="measure", help=spoken):
        bar = st.progress(0.0, _("Measuring …"))
        measured[request] = engine.ask(request, lambda share: bar.progress(share, _("Measuring …")))
        bar.empty()
    if (speed := measured.get(request)) is None:
        st.caption(_("Nothing was measured yet for this batch."))
        return
    _table(speed)


def _table(speed: Speed) -> None:
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
