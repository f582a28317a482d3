"""Show a text beside its map, every word on the colour of its weight in the row of the word that is pointed at.

The word that is pinned lives in the address, counted from 1: ``?row=5``.
"""

from pathlib import Path

import streamlit as st
from streamlit.components import v2

from pages.ui import head_choice
from pages.ui.question import whole
from viz.drawing import shaded_map
from viz.names import position_from_number, position_number
from viz.records import Run

_HERE = Path(__file__).resolve().parent
_text = v2.component(
    "shaded_text",
    html=(_HERE / "shaded_text.html").read_text(encoding="utf-8"),
    css=(_HERE / "shaded_text.css").read_text(encoding="utf-8"),
    js=(_HERE / "shaded_text.js").read_text(encoding="utf-8"),
)


def shaded_text(run: Run, row: int, layer: int, head: int, kind: str, query: int | None) -> None:
    """Draw the text of one map; ``query`` is the row that the page itself asks for."""
    pinned = _pinned(run, row, kind) if query is None else query
    has_all_rows = shaded_map.is_whole(run, kind)  # what waits for a click must not hold on to the run

    def picked() -> None:
        at = st.session_state["shaded_text"].pinned
        if at is not None:
            st.session_state["pinned_row"] = int(at)
            if not has_all_rows:
                head_choice.draw_again()

    _text(
        data=shaded_map.payload(run, row, layer, head, pinned, kind),
        key="shaded_text",
        on_pinned_change=picked,
    )


def _pinned(run: Run, row: int, kind: str) -> int:
    """Give the pinned query; where none is, or the text is shorter, the one that a prediction is read from."""
    if "pinned_row" not in st.session_state:
        number = whole(st.query_params.get("row", ""))
        st.session_state["pinned_row"] = None if number is None else position_from_number(number)
    pinned = st.session_state["pinned_row"]
    n_queries = run.maps[kind].attentions.shape[-2]
    if pinned is None or not 0 <= pinned < n_queries:
        st.query_params.pop("row", None)
        return shaded_map.first_pinned(run, row, kind)
    st.query_params["row"] = str(position_number(pinned))
    return pinned
