"""Draw what a class guessed beside what the model does: bars over the tokens of a row, or counts on layers x heads."""

from collections.abc import Sequence

import numpy as np

from viz import theme
from viz.drawing import axes
from viz.drawing.plotly import go
from viz.names import head_title, position_number
from viz.text import _, number, percent

MOST_TOKENS = 40
_ROW_PX, _CELL_PX = 40, 28


def token_bars(tokens: Sequence[str], shares: np.ndarray, weights: np.ndarray) -> go.Figure:
    """Draw for each token the share of the class that chose it, blue, and the weight that the query gives it, grey.

    Both are ``[K]``. Tokens, no two of one name, stand in the order of the text; of many those with the largest of
    either are drawn.
    """
    shown = np.sort(np.argsort(-np.maximum(shares, weights), kind="stable")[:MOST_TOKENS])
    named: list[str] = [tokens[int(at)] for at in shown]
    names = [axes.plain(token) for token in named]
    series = (
        (_("class: share of the guesses"), shares[shown], theme.BAR, [percent(share) for share in shares[shown]]),
        (_("model: weight"), weights[shown], theme.BAR_BEFORE, [number(weight, 2) for weight in weights[shown]]),
    )
    layout = {
        "barmode": "group",
        "xaxis": {"range": [0, 1.2], "showticklabels": False, "showgrid": False, "zeroline": False, "fixedrange": True},
        "yaxis": axes.ticks(named, names) | {"autorange": "reversed", "fixedrange": True},
        "height": 60 + _ROW_PX * len(named),
        "margin": {"l": axes.label_px(named) + 10, "r": 10, "t": 50, "b": 6},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        "bargap": 0.25,
        "dragmode": False,
    }
    return go.Figure([_bars(names, *of) for of in series], layout)


def _bars(names: list[str], series: str, values: np.ndarray, colour: str, written: list[str]) -> go.Bar:
    return go.Bar(
        x=values,
        y=names,
        name=series,
        orientation="h",
        marker={"color": colour},
        text=written,
        textposition="outside",
        cliponaxis=False,
        hovertemplate=f"%{{y}}: {axes.plain(series)}, %{{text}}<extra></extra>",
    )


def head_counts(counts: np.ndarray, weights: np.ndarray | None) -> go.Figure:
    """Draw how many named each head, ``[L, H]``, layers down; the heads with the largest of the weights are framed."""
    n_layers, n_heads = counts.shape
    across, down = ([str(position_number(at)) for at in range(n)] for n in (n_heads, n_layers))
    most = max(int(counts.max()), 1)
    cells = go.Heatmap(
        z=counts,
        x=across,
        y=down,
        zmin=0,
        zmax=most,
        colorscale=theme.colorscale(theme.WEIGHT_STOPS),
        showscale=False,
        customdata=[[_said(counts, weights, layer, head) for head in range(n_heads)] for layer in range(n_layers)],
        hovertemplate="%{customdata}<extra></extra>",
        xgap=1,
        ygap=1,
    )
    axis = {"type": "category", "fixedrange": True, "showgrid": False, "ticks": "", "zeroline": False}
    layout = {
        "xaxis": axis | {"title": {"text": _("head")}, "side": "top"},
        "yaxis": axis | {"title": {"text": _("layer")}, "autorange": "reversed"},
        "height": 76 + _CELL_PX * n_layers,
        "margin": {"l": 56, "r": 10, "t": 60, "b": 6},
        "shapes": []
        if weights is None
        else [_frame(*at) for at in np.argwhere(weights == np.nanmax(weights)).tolist()],
        "plot_bgcolor": theme.CAUSAL,
        "showlegend": False,
        "dragmode": False,
    }
    return go.Figure([cells, _numbers(counts, across, down, most)], layout)


def _numbers(counts: np.ndarray, across: list[str], down: list[str], most: int) -> go.Scatter:
    """Write the counts into their cells, 0 left out, in the ink that can be read on their colour."""
    named = np.argwhere(counts > 0).tolist()
    colours = theme.lookup_table(theme.WEIGHT_STOPS)
    inks = [theme.ink_on(colours[round(255 * int(counts[at, head]) / most)]) for at, head in named]
    return go.Scatter(
        x=[across[head] for _layer, head in named],
        y=[down[layer] for layer, _head in named],
        text=[str(counts[layer, head]) for layer, head in named],
        mode="text",
        textfont={"size": 13, "color": inks},
        hoverinfo="skip",
    )


def _said(counts: np.ndarray, weights: np.ndarray | None, layer: int, head: int) -> str:
    n = int(counts[layer, head])
    if weights is None or np.isnan(weights[layer, head]):
        return _("{head}: named by {n}").format(head=head_title(layer, head), n=n)
    message = _("{head}: named by {n}, weight {weight:.4f}")
    return message.format(head=head_title(layer, head), n=n, weight=float(weights[layer, head]))


def _frame(layer: int, head: int) -> dict:
    place = {"x0": head - 0.5, "x1": head + 0.5, "y0": layer - 0.5, "y1": layer + 0.5}
    return {"type": "rect", **place, "line": {"color": theme.ACCENT, "width": 3}}
