"""Draw a table of positions: one row a position, one column a number of it; a bias by distance as one row a head."""

import numpy as np

from viz import theme
from viz.analysis.positions.tables import BIAS, ROTARY, SLOPES, PositionTable
from viz.drawing.heatmap import colorbar
from viz.drawing.plotly import Shown, go
from viz.names import position_number
from viz.text import _

MOST_CELLS = 512, 384  # rows and columns drawn: a larger table is thinned, every n-th of it kept
SHARE = 0.99  # of the numbers lie within the colours: a few large ones would leave all others white


def table_map(table: PositionTable, *, reach: float | None = None, height: int = 460) -> go.Figure:
    """Draw a table: blue above 0, orange below. Of angles their cosines are drawn; the pointer tells the angle too.

    ``reach`` ends the colours; without it they end where 99% of the numbers lie within.
    """
    if table.kind in (BIAS, SLOPES):
        return _bias_map(table, height)
    down, across = steps(table)
    values, rows = table.values[::down, ::across], table.rows[::down]
    words = _("position {y}, number {x}: {z}") if table.has_vectors else _("distance {y}, number {x}: {z}")
    hover = words.format(y="%{y}", x="%{x}", z="%{z:.4f}")
    if table.kind == ROTARY:
        hover = _("position {y}, pair {x}: angle {angle}, cosine {z}").format(
            y="%{y}", x="%{x}", angle="%{customdata:.4f}", z="%{z:.4f}"
        )
    cells = go.Heatmap(
        z=np.cos(values) if table.kind == ROTARY else values,
        customdata=values if table.kind == ROTARY else None,
        x=np.arange(table.values.shape[1])[::across],
        y=rows,
        hovertemplate=f"{hover}<extra></extra>",
        **_colours(1.0 if table.kind == ROTARY else (reach or within(table)), _scale_title(table)),
    )
    across_title = _("pair of numbers") if table.kind == ROTARY else _("number of the vector")
    down_title = _("position") if table.has_vectors else _("distance, key − query")
    return Shown(cells, _layout(across_title, down_title, height))


def steps(table: PositionTable) -> tuple[int, int]:
    """Say of how many rows and of how many columns one is drawn."""
    return tuple(-(-size // most) for size, most in zip(table.values.shape, MOST_CELLS, strict=True))  # type: ignore


def within(table: PositionTable) -> float:
    """Give where the colours end: 99% of the numbers are no larger, up or down."""
    return max(float(np.quantile(np.abs(table.values), SHARE)), 1e-6)


def _bias_map(table: PositionTable, height: int) -> go.Figure:
    """Draw one row a head over the distances."""
    n_heads = table.values.shape[1]
    words = _("head {y}, key {x} from the query: {z}")
    cells = go.Heatmap(
        z=table.values.T,
        x=table.rows,
        y=[str(position_number(head)) for head in range(n_heads)],
        hovertemplate=words.format(y="%{y}", x="%{x:+d}", z="%{z:+.4f}") + "<extra></extra>",
        **_colours(max(float(np.abs(table.values).max(initial=0)), 1e-6), _("added to the score")),
    )
    layout = _layout(_("distance, key − query"), _("head"), min(height, 120 + 26 * n_heads))
    layout["yaxis"]["type"] = "category"
    return Shown(cells, layout)


def _scale_title(table: PositionTable) -> str:
    return _("cosine of the angle") if table.kind == ROTARY else _("number in the table")


def _colours(reach: float, title: str) -> dict:
    return {
        "zmin": -reach,
        "zmax": reach,
        "colorscale": theme.colorscale(theme.CHANGE_STOPS),
        "colorbar": colorbar(title),
    }


def _layout(across: str, down: str, height: int) -> dict:
    return {
        "xaxis": {"title": {"text": across, "standoff": 4}, "side": "top", "fixedrange": True, "showgrid": False},
        "yaxis": {"title": {"text": down}, "autorange": "reversed", "fixedrange": True, "showgrid": False},
        "height": height,
        "margin": {"l": 60, "r": 8, "t": 44, "b": 56},
        "dragmode": False,
    }
