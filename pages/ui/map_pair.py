"""Draw one head in two runs, and their difference."""

import streamlit as st

from pages.ui.heat_map import heat_map
from pages.ui.markdown import literal
from viz.analysis.compare.comparison import Comparison
from viz.drawing.heatmap import difference_map, head_map
from viz.names import map_title
from viz.text import _


def map_pair(
    of: Comparison,
    layer: int,
    head: int,
    key: str,
    captions: tuple[str, str, str] | None = None,
    *,
    said: str = "",
    height: int = 400,
) -> None:
    """Draw a head before, after, and the difference over what is paired, side by side, each under its caption.

    ``said`` says the difference in words, for those who do not see it.
    """
    captions = captions or (_("before"), _("after"), _("difference: blue more, orange less"))
    figures = [
        head_map(run, row, layer, head, kind=of.kind, height=height)
        for run, row in zip((of.before, of.after), of.rows, strict=True)
    ]
    if of.queries.pairs and of.keys.pairs:
        figures.append(difference_map(of, layer, head, height=height))
    title = map_title(of.after.view, layer, head, of.kind)
    for at, (column, caption, figure) in enumerate(zip(st.columns(3), captions, figures, strict=False)):
        column.caption(literal(caption))
        spoken = ". ".join(filter(None, (f"{title}: {caption}", said if at == 2 else "")))
        heat_map(figure, f"{key}_{at}", spoken, place=column)
