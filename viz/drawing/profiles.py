"""Draw means over distances as lines, each with a band of one standard deviation to either side."""

from collections.abc import Mapping

import numpy as np

from viz import theme
from viz.analysis.positions.tables import PositionTable, Similarity
from viz.drawing import axes
from viz.drawing.plotly import Shown, go
from viz.names import position_number
from viz.text import _

_LINES = ((theme.BAR, "solid"), (theme.ACCENT, "dash"))


def similarity_lines(of: Mapping[str, Similarity], *, height: int = 340) -> go.Figure:
    """Draw how alike two positions are by how far they lie apart; up to two tables, each with its band."""
    traces = []
    for (name, line), (colour, dash) in zip(of.items(), _LINES, strict=False):
        hover = _("{distance} apart: {mean} ± {spread} ({n} pairs)").format(
            distance="%{x}", mean="%{y:.3f}", spread="%{customdata[0]:.3f}", n="%{customdata[1]}"
        )
        traces += banded(line.distances, line.mean, line.spread, line.n_pairs, axes.plain(name), colour, dash, hover)
    return Shown(traces, profile_layout(_("distance of two positions"), _("cosine"), height))


def bias_lines(table: PositionTable, *, height: int = 340) -> go.Figure:
    """Draw what is added to the scores by distance, one line a head."""
    lines = [
        go.Scatter(
            x=table.rows,
            y=values,
            name=_("head {number}").format(number=position_number(head)),
            mode="lines",
            line={"width": 1.5},
            hovertemplate="%{x:+d}: %{y:+.4f}",
        )
        for head, values in enumerate(table.values.T)
    ]
    return Shown(lines, profile_layout(_("distance, key − query"), _("added to the score"), height))


def banded(
    x: np.ndarray,
    mean: np.ndarray,
    spread: np.ndarray,
    n: np.ndarray,
    name: str,
    colour: str,
    dash: str,
    hover: str,
    *,
    mode: str = "lines",
) -> list[go.Scatter]:
    """Give the band of a line and the line; ``customdata`` of a point is its spread and its count."""
    red, green, blue, _opaque = theme.rgba(colour)
    band = go.Scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([mean + spread, (mean - spread)[::-1]]),
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.16)",
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )
    line = go.Scatter(
        x=x,
        y=mean,
        name=name,
        mode=mode,
        line={"color": colour, "width": 2, "dash": dash},
        customdata=np.stack([spread, n], axis=-1),
        hovertemplate=f"{hover}<extra></extra>",
    )
    return [band, line]


def profile_layout(across: str, up: str, height: int) -> dict:
    """Give the axes of lines over distances."""
    return {
        "xaxis": {"title": {"text": across}, "fixedrange": True},
        "yaxis": {"title": {"text": up}, "fixedrange": True},
        "height": height,
        "margin": {"l": 60, "r": 10, "t": 40, "b": 50},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom"},
        "showlegend": True,
        "dragmode": False,
        "hovermode": "closest",
    }
