"""Draw the layers of a mask as squares of 0 and 1 that multiply to the mask that is told."""

from collections.abc import Mapping, Sequence

import numpy as np

from viz import theme
from viz.drawing import axes
from viz.drawing.plotly import go

OPEN = "#dbe9f6"
SIGN_SHARE = 0.04  # of the width, for a × or = between two squares


def layer_product(
    layers: Mapping[str, np.ndarray], product_name: str, tokens: Sequence[str], *, height: int = 190
) -> go.Figure:
    """Draw each layer, bool ``[Q, K]``, under its name, a × between them, and their product behind a =.

    1 (may be looked at) is light, 0 is crossed out in colour; hovering names query and key.
    """
    squares = dict(layers) | {product_name: np.logical_and.reduce(list(layers.values()))}
    width = (1 - SIGN_SHARE * (len(squares) - 1)) / len(squares)
    names = axes.categories(tokens)
    traces, layout = (
        [],
        {"height": height, "margin": {"l": 4, "r": 4, "t": 30, "b": 4}, "dragmode": False, "annotations": []},
    )
    for number, (name, allowed) in enumerate(squares.items()):
        left = number * (width + SIGN_SHARE)
        ending = "" if number == 0 else str(number + 1)
        traces.append(_square(allowed, names, ending))
        layout |= _axes(ending, [left, left + width])
        layout["annotations"].append(_words(axes.plain(name), left + width / 2, 1, "bottom"))
        if number:
            sign = "=" if number == len(layers) else "×"
            layout["annotations"].append(_words(sign, left - SIGN_SHARE / 2, 0.5, "middle"))
    return go.Figure(traces, layout)


def _square(allowed: np.ndarray, names: list[str], ending: str) -> go.Heatmap:
    return go.Heatmap(
        z=allowed.astype(np.uint8),
        x=names,
        y=names,
        xaxis=f"x{ending}",
        yaxis=f"y{ending}",
        zmin=0,
        zmax=1,
        colorscale=[[0, theme.HIDDEN_CROSS], [0.5, theme.HIDDEN_CROSS], [0.5, OPEN], [1, OPEN]],
        showscale=False,
        hovertemplate="%{y} → %{x}: %{z}<extra></extra>",
    )


def _axes(ending: str, domain: list[float]) -> dict:
    bare = {
        "type": "category",
        "showticklabels": False,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "fixedrange": True,
    }
    across = {"domain": domain, "anchor": f"y{ending}", **bare}
    down = {"autorange": "reversed", "anchor": f"x{ending}", "scaleanchor": f"x{ending}", "constrain": "domain", **bare}
    return {f"xaxis{ending}": across, f"yaxis{ending}": down}


def _words(text: str, x: float, y: float, yanchor: str) -> dict:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "center",
        "yanchor": yanchor,
        "showarrow": False,
    }
