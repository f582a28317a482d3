"""Draw one number a head: layers down, heads across."""

import numpy as np

from viz import theme
from viz.drawing.plotly import go
from viz.names import head_title, position_number
from viz.text import _


def changes_board(changes: np.ndarray, *, height: int = 330) -> go.Figure:
    """Draw ``[L, H]`` mean total variation distances, 0 = nothing moved; the scale ends at the largest."""
    return numbers_board(changes, _("moved"), largest=float(np.nan_to_num(changes).max(initial=0)), height=height)


def numbers_board(values: np.ndarray, title: str, *, largest: float = 1.0, height: int = 330) -> go.Figure:
    """Draw ``[L, H]`` values from 0 to ``largest``; ``title`` names the scale."""
    n_layers, n_heads = values.shape
    titles = np.array([[head_title(layer, head) for head in range(n_heads)] for layer in range(n_layers)])
    board = go.Heatmap(
        z=values.round(4),
        x=[str(position_number(head)) for head in range(n_heads)],
        y=[str(position_number(layer)) for layer in range(n_layers)],
        customdata=titles,
        zmin=0,
        zmax=max(largest, 1e-6),
        colorscale=theme.colorscale(theme.WEIGHT_STOPS),
        colorbar={"thickness": 10, "outlinewidth": 0, "title": {"text": title, "side": "right"}},
        hovertemplate="%{customdata}: %{z:.4f}<extra></extra>",
        xgap=2,
        ygap=2,
    )
    plain_axis = {"type": "category", "fixedrange": True, "showgrid": False}
    layout = {
        "xaxis": {"title": {"text": _("head")}, "side": "top", **plain_axis},
        "yaxis": {"title": {"text": _("layer")}, "autorange": "reversed", **plain_axis},
        "height": height,
        "margin": {"l": 50, "r": 8, "t": 50, "b": 8},
        "dragmode": False,
    }
    return go.Figure(board, layout)
