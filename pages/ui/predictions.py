"""Show the best words for each [MASK], or the next word, and the sentences they complete."""

import streamlit as st

from pages.ui.chart import chart
from pages.ui.how_many import how_many
from pages.ui.markdown import literal
from pages.ui.pictures import prediction_bars
from viz.analysis.predictions import completions, require_readouts, top_k
from viz.errors import VizError
from viz.names import position_number
from viz.records import Run
from viz.text import _, percent
from viz.text import sentence as error_sentence

MAX_WORDS = 50
LONG_TEXT, SCROLL_PX = 240, 200


def prediction_panel(run: Run, row: int) -> None:
    """Draw the k best words of every read-out of a row, and the completed sentences below them."""
    heading, count = st.columns([4, 1], vertical_alignment="bottom")
    heading.header(_("Next word") if run.model.causal else _("Best words"), anchor=False)
    k = how_many(count, MAX_WORDS)
    try:
        require_readouts(run)
    except VizError as error:
        st.info(literal(error_sentence(error)))
        return
    readouts = [n for n, (at, _position) in enumerate(run.readouts) if at == row]
    for n in readouts:
        _bars(run, n, k, numbered=len(readouts) > 1)
    _sentences(completions(run, row, k))
    if len(readouts) > 1:
        st.caption(_("Each [MASK] is guessed on its own, not together with the others."))
    st.caption(
        _("Probabilities are over the whole vocabulary of {n:,} words and pieces.").format(n=len(run.model.vocabulary))
    )


def _sentences(sentences: list[str]) -> None:
    """List the completed sentences; long ones scroll, so that the heads stay near."""
    place = st.container(height=SCROLL_PX, key="completed") if len(sentences[0]) > LONG_TEXT else st.container()
    place.markdown("\n".join(f"{rank}. {literal(sentence)}" for rank, sentence in enumerate(sentences, start=1)))


def _bars(run: Run, readout: int, k: int, *, numbered: bool) -> None:
    predictions = top_k(run, readout, k)
    if numbered:
        number = position_number(int(run.readouts[readout][1]))
        st.caption(_("[MASK] at position {number}").format(number=number))
    spoken = ", ".join(f"{p.token}: {percent(p.probability, 1)}" for p in predictions)
    figure = prediction_bars(predictions)
    chart(figure, f"bars_{readout}", spoken)
