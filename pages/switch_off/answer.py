"""Show what the answer was with all heads on and is with some of them off."""

import streamlit as st

from pages.switch_off.controls import Choice
from pages.ui.chart import chart
from pages.ui.markdown import literal
from viz.analysis.heads.switch_off import Effect, effect
from viz.analysis.openings import heads
from viz.analysis.predictions import compare
from viz.drawing.bars import shift_bars
from viz.engine.local import engine
from viz.engine.requests import Ask
from viz.names import head_title
from viz.records import Run
from viz.text import _, ngettext, number, percent

N_WORDS = 5
_NAMED = 3  # heads named in the sentence; more are counted


def answer_panel(before: Run, after: Run, choice: Choice) -> None:
    """Say the effect in words and numbers, and draw the best words of both."""
    of = effect(
        before.readout_logits[choice.readout],
        after.readout_logits[choice.readout],
        choice.word_id,
        before.model.vocabulary,
    )
    st.header(_("The answer, before → after"), anchor=False)
    _say(before, of, choice)
    shifts = compare(before, after, (choice.readout, choice.readout), N_WORDS)
    spoken = "; ".join(
        f"{s.token}: {percent(s.probability_before, 1)} → {percent(s.probability_after, 1)}" for s in shifts
    )
    chart(shift_bars(shifts), "switch_shifts", spoken)
    expander = st.expander(_("Table of these words"), on_change="rerun", key="switch_words_open")
    if expander.open:
        expander.dataframe(
            {
                _("word"): [s.token for s in shifts],
                _("before"): [s.probability_before for s in shifts],
                _("after"): [s.probability_after for s in shifts],
                _("change"): [s.change for s in shifts],
                _("rank"): [f"{number(s.rank_before)} → {number(s.rank_after)}" for s in shifts],
            },
            hide_index=True,
            column_config={_("change"): st.column_config.NumberColumn(format="%+.5f")},
            key="switch_words",
        )


def said(request: Ask, choice: Choice) -> list[str]:
    """Say for the opening of the page how many heads are off, and what became of the expected word."""
    before, after = engine.ask(request), engine.ask(choice.switched(request))
    return heads.switch_off(before, after, len(choice.off), choice.readout, choice.word_id)


def _say(before: Run, of: Effect, choice: Choice) -> None:
    """Say what is off, and what that did."""
    n_all = before.model.n_layers * before.model.n_heads
    if not choice.off:
        st.info(_("No head is off, so both answers are the same, to the last bit. Switch one off."))
    elif len(choice.off) == n_all:
        message = _(
            "All {n} heads are off: no token knows of any other. What is left comes from the word vectors, positions "
            "and "
            "feed-forward layers."
        )
        st.warning(message.format(n=n_all))
    else:
        st.markdown(_("Off: {heads}").format(heads=f"**{literal(_names(choice))}**"))
    message = _("Probability of {word}: **{before} → {after}** ({change:+.1f} percentage points)")
    shares = (_percent(of.probability_before), _percent(of.probability_after))
    word = f"**{literal(of.token)}**"
    st.markdown(message.format(word=word, before=shares[0], after=shares[1], change=100 * of.change))
    if of.top_before == of.top_after:
        st.markdown(_("Best word: {word}, as before").format(word=f"**{literal(of.top_before)}**"))
    else:
        st.markdown(_("Best word: {words}").format(words=f"**{literal(of.top_before)} → {literal(of.top_after)}**"))
    message = _("KL divergence: **{kl:.4f} bits** over all {n:,} words (0 = the same answer)")
    st.markdown(message.format(kl=of.kl, n=len(before.model.vocabulary)))


def _names(choice: Choice) -> str:
    heads = sorted(choice.off)
    named = ", ".join(head_title(layer, head) for layer, head in heads[:_NAMED])
    if (n_more := len(heads) - _NAMED) <= 0:
        return named
    return ngettext("{named} and {n} more", "{named} and {n} more", n_more).format(named=named, n=n_more)


def _percent(share: float) -> str:
    """Write a share; a small one keeps its first figures instead of becoming 0.0%."""
    return percent(share, 1) if share >= 0.001 else f"{100 * share:.1e}%"
