"""Show one head's map of a long text on a canvas that zooms and moves in the browser alone."""

from pathlib import Path

import streamlit as st
from streamlit.components import v2

from pages.ui import head_choice, pictures
from pages.ui.cell_walk import KEYS
from viz.records import Run

_HERE = Path(__file__).resolve().parent
_map = v2.component(
    "long_map",
    html=(_HERE / "long_map.html").read_text(encoding="utf-8"),
    css=(_HERE / "long_map.css").read_text(encoding="utf-8"),
    js=KEYS + (_HERE / "long_map.js").read_text(encoding="utf-8"),
)


def long_map(run: Run, row: int, layer: int, head: int, own_scale: bool, query: int | None, kind: str) -> None:
    """Draw a map; a click on a cell pins its query's row, which the text beside it is then shaded by."""

    def picked() -> None:
        if cell := st.session_state["long_map"].picked:
            st.session_state["pinned_row"] = int(cell[0])
            head_choice.draw_again()

    data = pictures.long_map_payload(run, row, layer, head, own_scale, query, kind)
    _map(data=data, key="long_map", on_picked_change=picked)
