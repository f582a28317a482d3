"""Say what the model says to the texts of a part: the tokens of the batch, and the best words of each text."""

from collections.abc import Callable

import streamlit as st

from pages.ui.batch_strips import batch_strips
from pages.ui.markdown import literal
from viz.analysis.predictions import require_readouts, top_k
from viz.errors import VizError
from viz.names import position_number
from viz.records import Run
from viz.text import _, percent, sentence

N_WORDS = 3


def told(give: Callable[[], Run]) -> Run:
    """Draw what a pass gives; gives the pass. Raises what the engine raises."""
    run = give()
    if run.model.weights == "random":
        st.warning(_("The weights of this model are random, not trained: its words and its heads mean nothing."))
    batch_strips(run)
    try:
        require_readouts(run)
    except VizError as error:
        st.info(literal(sentence(error)))
        return run
    title = _("Next word") if run.model.causal else _("Best words")
    st.markdown(f"**{title}**")
    st.markdown("\n".join(f"- {literal(_best(run, n))}" for n in range(len(run.readouts))))
    return run


def _best(run: Run, readout: int) -> str:
    """Say the best words of one read-out: ``Text 1, position 8: road 13.1%, river 9.0%``."""
    row, position = (position_number(int(at)) for at in run.readouts[readout])
    words = [f"{of.token} {percent(of.probability, 1)}" for of in top_k(run, readout, N_WORDS)]
    message = _("Text {text}, position {position}: {words}")
    return message.format(text=row, position=position, words=" · ".join(words))
