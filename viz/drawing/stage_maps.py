"""Draw the stages before the softmax as maps of query rows and key columns: scores, and what the mask adds."""

import numpy as np

from viz import theme
from viz.analysis.masks.stages import Stages
from viz.drawing import axes
from viz.drawing.heatmap import colorbar, frame
from viz.drawing.plotly import go
from viz.text import _

MAX_VALUES = 3  # a mask hides with one value; a mask by hand of others may have more


def score_map(maps: Stages, *, height: int) -> go.Figure:
    """Draw q·k/√d of every cell, hidden ones too: blue above 0, orange below; the scale ends at the largest."""
    names = axes.categories(maps.tokens)
    reach = max(float(np.abs(maps.scores).max(initial=0)), 1e-6)
    cells = go.Heatmap(
        z=maps.scores.round(4),
        x=names,
        y=names,
        zmin=-reach,
        zmax=reach,
        colorscale=theme.colorscale(theme.CHANGE_STOPS),
        colorbar=colorbar(_("score")),
        hovertemplate="%{y} → %{x}: %{z:.4f}<extra></extra>",
    )
    return go.Figure(cells, frame(maps.tokens, names, "", height))


def added_map(maps: Stages, *, height: int) -> go.Figure:
    """Draw what is added to every cell: nothing at all, or the value that hides, which is named below."""
    names = axes.categories(maps.tokens)
    cells = go.Heatmap(
        z=(maps.added != 0).astype(np.uint8),
        x=names,
        y=names,
        zmin=0,
        zmax=1,
        customdata=maps.added,
        colorscale=[[0, "#f2f5f8"], [0.5, "#f2f5f8"], [0.5, theme.HIDDEN], [1, theme.HIDDEN]],
        showscale=False,
        hovertemplate="%{y} → %{x}: %{customdata:.4g}<extra></extra>",
    )
    layout = frame(maps.tokens, names, "", height)
    hiding = ", ".join(f"{value:.4g}" for value in np.unique(maps.added[maps.added != 0])[:MAX_VALUES])
    words = _("light: + 0; orange: + {value}").format(value=hiding) if hiding else _("+ 0 everywhere")
    place = {"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top", "yshift": -8}
    layout["annotations"].append({"text": words, "showarrow": False, **place})
    return go.Figure(cells, layout)
