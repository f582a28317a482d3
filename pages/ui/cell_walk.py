"""Walk over the cells of a map by keyboard: one stop of the Tab key; each cell is said, and framed on its chart."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.components import v2

from viz.analysis.maps.cell_map import CellMap
from viz.drawing import cell_walk as packing

MOST = 1 << 15  # cells of a map that is walked: more are sent for nobody, their tables and summaries say enough

_HERE = Path(__file__).resolve().parent
KEYS = (_HERE / "walk_keys.js").read_text(encoding="utf-8")
_walk = v2.component(
    "cell_walk",
    html=(_HERE / "cell_walk.html").read_text(encoding="utf-8"),
    css=(_HERE / "cell_walk.css").read_text(encoding="utf-8"),
    js=KEYS + (_HERE / "cell_walk.js").read_text(encoding="utf-8"),
)


def cell_walk(of: CellMap, over: str, place=st, on_pick: Callable[[int, int], None] | None = None) -> None:
    """Show the walk over a map that the chart of key ``over`` shows; Enter calls ``on_pick`` with row and column."""
    if of.values.size > MOST:
        return
    key = f"{over}_walk"

    def picked() -> None:
        if on_pick is not None and (cell := st.session_state[key].picked):
            on_pick(*(int(at) for at in cell))

    with place.container():
        _walk(data=packing.payload(of, over, pins=on_pick is not None), key=key, on_picked_change=picked)
