"""Draw a chart of Plotly's as all pages do: no bar of tools, numbers as the reader's language writes them."""

from typing import Any

import streamlit as st

from viz.number_format import marks
from viz.text import language

_BARE = {"displayModeBar": False}


def chart(figure, key: str, said: str, *, place: Any = st, **options: Any) -> None:
    """Draw a figure; ``said`` is read out in its place, ``options`` are those of ``st.plotly_chart``.

    Plotly itself writes the numbers of axes, scales and hovers, and is told with which marks. A figure that is kept for
    all visitors is kept for each language apart, so that setting them is no news to another visitor.
    """
    figure.layout.separators = marks(language())
    place.plotly_chart(figure, key=key, config=_BARE, alt=said, **options)
