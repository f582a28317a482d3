"""Show what each word did to the answer: three bars a word, the sums in words, the table."""

import numpy as np
import streamlit as st

from pages.ui import guard
from pages.ui.chart import chart
from pages.ui.markdown import literal
from viz.analysis import tables
from viz.analysis.reasons.importance import Importance, attention_paid, table
from viz.drawing.word_bars import MOST_WORDS, word_bars
from viz.engine.local import engine
from viz.engine.reasons.requests import WeighWords
from viz.names import folder_name
from viz.records import Run
from viz.text import _, number, percent


def words_panel(run: Run, request: WeighWords) -> None:
    """Measure, say which word decided, draw the bars; where it cannot be measured, say why."""
    bar = st.empty()
    of = guard.attempt(engine.ask, request, lambda share: bar.progress(share, _("Weighing the words …")))
    bar.empty()
    if of is None:
        return
    attention = attention_paid(run, request.readout, of.words)
    st.header(_("What each word did to the answer"), anchor=False)
    st.markdown(literal(_said(of, attention)))
    chart(word_bars(of, attention), "importance_bars", _said(of, attention))
    if len(of.words) > MOST_WORDS:
        message = _("Drawn are the {n} words with the largest integrated gradients; the table has all.")
        st.caption(message.format(n=MOST_WORDS))
    _say_sum(of)
    st.caption(literal(_formulas(of)))
    st.caption(literal(_judged()))
    _table(of, attention, folder_name(run.batch.texts[0]))


def _said(of: Importance, attention: np.ndarray) -> str:
    """Name the word that each of the three puts first."""
    message = _(
        "Answer {answer}{rival}. Most for it: by integrated gradients {first} ({gradient:+.2f}), by occlusion {second} "
        "({lost:+.2f}). Attention looks most at {third} ({weight:.3f})."
    )
    first, second, third = (int(values.argmax()) for values in (of.gradients, of.occlusion, attention))
    return message.format(
        answer=of.answer,
        rival="" if of.rival is None else " " + _("against {word}").format(word=of.rival),
        first=of.words[first].text,
        gradient=of.gradients[first],
        second=of.words[second].text,
        lost=of.occlusion[second],
        third=of.words[third].text,
        weight=attention[third],
    )


def _say_sum(of: Importance) -> None:
    """Say how nearly the gradients sum to what they should, and where they do not reach it."""
    message = _(
        "Integrated gradients sum to {sum}; F is {score} with all words and {baseline} without any, a difference of "
        "{difference}. Completeness error {error} after {n} steps."
    )
    said = message.format(
        sum=number(float(of.gradients.sum()), 4),
        score=number(of.score, 4),
        baseline=number(of.baseline_score, 4),
        difference=number(of.score - of.baseline_score, 4),
        error=percent(of.completeness_error, 3),
        n=of.n_steps,
    )
    if of.is_complete:
        st.markdown(literal(said))
    else:
        st.warning(literal(f"{said} " + _("That is more than 1 %: read these gradients with care.")))


def _formulas(of: Importance) -> str:
    followed = _("the answer's logit") if of.rival is None else _("the answer's logit minus the rival's")
    message = _(
        "F is {followed} at the read-out. Where a word is not there, {baseline} stands in its place; special tokens "
        "and what is to be guessed stay. Integrated gradients: the gradient of F at a word's vector, averaged over the "
        "steps from {baseline} to the word, times the change of the vector, summed over its dimensions (by "
        "Gauss-Legendre, through Captum; Sundararajan et al. 2017). Occlusion: F of the text minus F without the word. "
        "Attention: how much the read-out's token looks at the word, the mean over all heads of all layers. Pieces of "
        "a word are summed."
    )
    return message.format(followed=followed, baseline=of.baseline)


def _judged() -> str:
    """Say how the three were judged, which docs/word-importance.md has in numbers."""
    return _(
        "How they were judged: on 50 held-out sentences the words that each puts first were deleted, and it was read "
        "how soon the answer goes. Integrated gradients and occlusion are best in both our models; the mean of "
        "attention is nearly as good in the BERT and about chance in the GPT-2; attention rollout and the rollout of "
        "value zeroing are about chance or worse (docs/word-importance.md)."
    )


def _table(of: Importance, attention: np.ndarray, folder: str) -> None:
    listed = table(of, attention)
    expander = st.expander(_("Table of the words"), on_change="rerun", key="importance_table_open")
    if expander.open:
        names = (_("position"), _("word"), _("integrated gradients"), _("occlusion"), _("attention"))
        config = {name: st.column_config.NumberColumn(format="%+.5f") for name in names[2:4]}
        config[names[4]] = st.column_config.NumberColumn(format="%.5f")
        expander.dataframe(
            dict(zip(names, listed.values(), strict=True)),
            hide_index=True,
            column_config=config,
            key="importance_table",
        )
    st.download_button(
        _("CSV"),
        lambda: tables.as_csv(listed),
        f"{folder}_importance.csv",
        "text/csv",
        key="importance_csv",
        icon=":material/download:",
        on_click="ignore",
    )
