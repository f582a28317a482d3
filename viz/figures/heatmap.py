"""Draw one head as a map of query rows and key columns, and the difference of two such maps."""

import numpy as np
import plotly.graph_objects as go

from viz import theme
from viz.changes import Shared, difference, shared_positions
from viz.figures import axes
from viz.masks import CAUSAL, HIDDEN, PADDING, VISIBLE, cell_states
from viz.names import head_title
from viz.records import Run
from viz.text import _

HEIGHT = 560


def head_map(
    run: Run, row: int, layer: int, head: int, *, own_scale: bool = False, height: int = HEIGHT
) -> go.Figure:
    """Draw one head: weights in blue, padding grey and hatched, later keys flat and empty, hidden keys crossed.

    The colour scale runs from 0 to 1, or with ``own_scale`` to this map's largest visible weight.
    """
    tokens = run.batch.tokens[row]
    states = cell_states(run)[row]
    weights = np.where(states == VISIBLE, run.attentions[row, layer, head], np.nan).astype(np.float32)
    names = axes.categories(tokens)
    maps = [_weight_layer(weights, names, float(np.nanmax(weights)) if own_scale else 1.0)]
    if (states != VISIBLE).any():
        maps.insert(0, _state_layer(states, names))
    layout = _frame(tokens, names, head_title(layer, head), height)
    layout["shapes"] = _hatch(states)
    if run.model.causal:
        _mark_prediction_row(layout, run, row)
    if run.model.weights == "random":
        layout["annotations"].append(_stamp())
    return go.Figure(maps, layout)


def difference_map(before: Run, after: Run, layer: int, head: int, row: int = 0, *, height: int = HEIGHT) -> go.Figure:
    """Draw after minus before over the positions both texts share: blue = more attention, orange = less."""
    shared: Shared = shared_positions(before, after, row)
    tokens = [after.batch.tokens[row][i] for i in shared.after]
    names = axes.categories(tokens, shared.after.tolist())
    change = difference(before, after, layer, head, row)
    reach = max(float(np.abs(change).max(initial=0)), 1e-6)
    layer_of_changes = go.Heatmap(
        z=change.round(4),
        x=names,
        y=names,
        zmin=-reach,
        zmax=reach,
        colorscale=theme.colorscale(theme.CHANGE_STOPS),
        colorbar=_colorbar(_("change of attention")),
        hovertemplate="%{y} → %{x}: %{z:+.4f}<extra></extra>",
    )
    layout = _frame(tokens, names, head_title(layer, head), height)
    if after.model.weights == "random":
        layout["annotations"].append(_stamp())
    return go.Figure([layer_of_changes], layout)


def _state_layer(states: np.ndarray, names: list[str]) -> go.Heatmap:
    """Paint what has no weight; it lies under the weights and never touches their scale."""
    colours = {VISIBLE: theme.NOTHING, CAUSAL: theme.CAUSAL, PADDING: theme.PADDING, HIDDEN: theme.HIDDEN}
    last = max(colours)
    steps = [[edge, colours[s]] for s in sorted(colours) for edge in (s / (last + 1), (s + 1) / (last + 1))]
    return go.Heatmap(
        z=states,
        x=names,
        y=names,
        zmin=-0.5,
        zmax=last + 0.5,
        colorscale=steps,
        showscale=False,
        hovertemplate="%{y} → %{x}: " + _("no weight (masked)") + "<extra></extra>",
    )


def _weight_layer(weights: np.ndarray, names: list[str], largest: float) -> go.Heatmap:
    return go.Heatmap(
        z=weights.round(4),
        x=names,
        y=names,
        zmin=0,
        zmax=largest,
        colorscale=theme.colorscale(theme.WEIGHT_STOPS),
        hoverongaps=False,
        colorbar=_colorbar(_("attention")),
        hovertemplate="%{y} → %{x}: %{z:.4f}<extra></extra>",
    )


def _colorbar(title: str) -> dict:
    """Lay the scale below the map: beside it, it would take a fifth of a phone's width."""
    return {
        "orientation": "h",
        "thickness": 10,
        "outlinewidth": 0,
        "len": 0.7,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "ypad": 8,
        "title": {"text": title, "side": "bottom"},
    }


def _hatch(states: np.ndarray) -> list[dict]:
    """Hatch padding and cross hidden cells: one path each, however many cells there are."""
    shapes = []
    for state, colour, path in (
        (PADDING, theme.PADDING_HATCH, "M{x0},{y1}L{x1},{y0}"),
        (HIDDEN, theme.HIDDEN_CROSS, "M{x0},{y0}L{x1},{y1}M{x0},{y1}L{x1},{y0}"),
    ):
        cells = np.argwhere(states == state)
        if len(cells):
            marks = (path.format(x0=k - 0.5, x1=k + 0.5, y0=q - 0.5, y1=q + 0.5) for q, k in cells.tolist())
            shapes.append({"type": "path", "path": "".join(marks), "line": {"color": colour, "width": 0.7}})
    return shapes


def _frame(tokens, names: list[str], title: str, height: int) -> dict:
    """Give axes, names and margins; the query axis runs down, the key axis lies on top.

    Given to the figure at once: changing a figure afterwards, setting by setting, took most of a click's time.
    """
    room = axes.label_px(tokens)
    above, below = room + 56, 52
    settings = axes.ticks(tokens, names)
    key_name = {"text": _("key (at this token)"), "standoff": 6}
    query_name = {"text": _("query (this token looks)"), "standoff": 12}
    return {
        "xaxis": {"title": key_name, "side": "top", "tickangle": -90, **settings},
        "yaxis": {"title": query_name, "autorange": "reversed", **settings},
        "title": {"text": title, "x": 0, "y": 0.99, "yanchor": "top"},
        "height": max(height, above + below + axes.ticks_px(len(tokens))),
        "margin": {"l": room + 36, "r": 8, "t": above, "b": below},
        "dragmode": False,
        "annotations": [],
    }


def _mark_prediction_row(layout: dict, run: Run, row: int) -> None:
    """Say which row predicts the next token: the last real one."""
    for at, position in run.readouts.tolist():
        if at == row:
            frame = {"x0": -0.5, "x1": position + 0.5, "y0": position - 0.5, "y1": position + 0.5}
            layout["shapes"].append({"type": "rect", **frame, "line": {"color": theme.ACCENT, "width": 2}})
            place = {"x": 1, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "top"}
            note = _("framed: this row predicts the next token")
            layout["annotations"].append(
                {"text": note, "showarrow": False, "yshift": -30, "font": {"color": theme.ACCENT, "size": 12}, **place}
            )


def _stamp() -> dict:
    place = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False, "textangle": -30}
    return {"text": _("random weights"), "font": {"size": 34, "color": "rgba(194,65,12,0.45)"}, **place}
