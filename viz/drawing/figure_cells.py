"""Read a Plotly heat map back as what is said of it, so that every one of them can be walked by its cells."""

import re
from html import unescape
from typing import Any

import numpy as np

from viz.analysis.maps.cell_map import CellMap
from viz.analysis.masks.cells import VISIBLE
from viz.drawing.plotly import go
from viz.drawing.state_layers import STATES
from viz.text import _

_DIGITS = re.compile(r"%\{(?:z|customdata):\+?\.(\d)[fg]\}")
_EXPLAINED = re.compile(r"\s*[（(].*|\s*<br>.*")  # an axis says behind its name what it means


def read(figure: go.Figure) -> CellMap | None:
    """Give the cells of a figure's map, names from its axes; None where it has no heat map."""
    maps = [trace for trace in figure.data if isinstance(trace, go.Heatmap)]
    shown = [trace for trace in maps if trace.showscale is not False] or maps[-1:]
    if not shown:
        return None
    cells: Any = shown[-1]  # Plotly makes its attributes while it runs
    values = _numbers(cells)
    states = next((np.asarray(trace.z) for trace in maps if trace.meta == STATES), None)
    states = np.full(values.shape, VISIBLE, np.uint8) if states is None else states.astype(np.uint8)
    digits = _DIGITS.search(cells.hovertemplate or "")
    return CellMap(
        title=_words(figure.layout.title.text),
        row_name=_words(figure.layout.yaxis.title.text) or _("query"),
        column_name=_words(figure.layout.xaxis.title.text) or _("key"),
        rows=tuple(_words(str(name)) for name in cells.y),
        columns=tuple(_words(str(name)) for name in cells.x),
        values=values,
        states=states,
        digits=int(digits[1]) if digits else 4,
        signed=bool((np.nan_to_num(values) < 0).any()),
    )


def _numbers(cells: Any) -> np.ndarray:
    """Give a map's numbers; one that is painted in two colours keeps them beside its colours."""
    painted = np.asarray(cells.z)
    beside = painted.dtype == np.uint8 and cells.customdata is not None
    return np.asarray(cells.customdata if beside else painted).astype(np.float32)


def _words(written: str | None) -> str:
    """Give what Plotly shows of a name, without what is explained behind it."""
    return _EXPLAINED.sub("", unescape(written or ""))
