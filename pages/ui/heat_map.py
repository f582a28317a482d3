"""Show a heat map of Plotly's with all that belongs to one: what it shows as a text, and a walk over its cells."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui.cell_walk import cell_walk
from pages.ui.chart import chart
from viz.analysis.maps.cell_map import CellMap
from viz.analysis.maps.summary import summary
from viz.drawing.figure_cells import read


def heat_map(
    figure,
    key: str,
    spoken: str,
    *,
    cells: CellMap | None = None,
    place: Any = st,
    on_pick: Callable[[int, int], None] | None = None,
) -> None:
    """Draw a map; ``spoken`` says what it is of, its summary follows. Cells not given are read off the figure."""
    cells = cells or read(figure)
    said = spoken if cells is None else f"{spoken.rstrip('.')}. {summary(cells)}"
    chart(figure, key, said, place=place)
    if cells is not None:
        cell_walk(cells, key, place, on_pick)
