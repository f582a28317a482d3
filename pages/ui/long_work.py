"""Ask for what takes long, and draw how much of it is done."""

from typing import TypeVar

import streamlit as st

from viz.engine.local import engine
from viz.engine.requests import KEPT_TEXTS, Request
from viz.text import _

Record = TypeVar("Record")


def ask_measured(request: Request[Record], n_texts: int) -> Record:
    """Give the record of a request over many texts, with a bar meanwhile.

    Whoever clicks on or leaves is taken out of the wait as the bar is drawn: the work ends once nobody waits for it.
    """
    bar = st.empty()

    def draw(share: float) -> None:
        if share or n_texts > KEPT_TEXTS:  # few texts are one batch: no bar for a blink
            bar.progress(share, _("Measuring {n} texts …").format(n=n_texts))

    try:
        return engine.ask(request, draw)
    finally:
        bar.empty()
