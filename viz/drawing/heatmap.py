"""Draw one head as a map of query rows and key columns, and the difference of two such maps."""

import numpy as np

from viz import theme
from viz.analysis.heads.movement import Shared, difference, shared_positions
from viz.analysis.masks.cells import CAUSAL, HIDDEN, PADDING, VISIBLE, cell_states
from viz.drawing import axes
from viz.drawing.plotly import Shown, go
from viz.names import head_title
from viz.records import Run
from viz.text import _

HEIGHT = 560
NOTE_PX = 28
HATCH_LINES = 60  # across padding: more would be a grey plane, and long to send


def head_map(
    run: Run,
    row: int,
    layer: int,
    head: int,
    *,
    own_scale: bool = False,
    height: int = HEIGHT,
    query: int | None = None,
) -> go.Figure:
    """Draw one head: weights in blue, padding grey and hatched, later keys flat and empty, hidden keys crossed.

    The colour scale runs from 0 to 1, or with ``own_scale`` to this map's largest visible weight. Framed is the row
    ``query``; without one, the row that predicts a causal model's next token. What a model that was not told of padding
    puts on it is shown as a weight, hatched.
    """
    tokens = run.batch.tokens[row]
    states = cell_states(run)[row]
    weights = np.where(states == VISIBLE, run.attentions[row, layer, head], np.nan).astype(np.float32)
    names = axes.categories(tokens)
    maps = [_weight_layer(weights, names, float(np.nanmax(weights)) if own_scale else 1.0)]
    if (states != VISIBLE).any():
        maps.insert(0, _state_layer(states, names))
    layout = frame(tokens, names, head_title(layer, head), height)
    layout["shapes"] = _hatch(states, run.batch.attention_mask[row])
    for framed in _framed_rows(run, row, query):
        _frame_row(layout, run, row, framed)
    if run.model.weights == "random":
        layout["annotations"].append(_stamp())
    return Shown(maps, layout)


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
        colorbar=colorbar(_("change of attention")),
        hovertemplate="%{y} → %{x}: %{z:+.4f}<extra></extra>",
    )
    layout = frame(tokens, names, head_title(layer, head), height)
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
        colorbar=colorbar(_("attention")),
        hovertemplate="%{y} → %{x}: %{z:.4f}<extra></extra>",
    )


def colorbar(title: str) -> dict:
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


def _hatch(states: np.ndarray, real: np.ndarray) -> list[dict]:
    """Hatch padding and cross hidden cells: one path each, however many cells there are."""
    hidden = np.argwhere(states == HIDDEN)
    cross = "M{x0},{y0}L{x1},{y1}M{x0},{y1}L{x1},{y0}"
    crosses = (cross.format(x0=k - 0.5, x1=k + 0.5, y0=q - 0.5, y1=q + 0.5) for q, k in hidden.tolist())
    paths = {theme.PADDING_HATCH: _padding_lines(real), theme.HIDDEN_CROSS: "".join(crosses)}
    return [
        {"type": "path", "path": path, "line": {"color": colour, "width": 0.7}}
        for colour, path in paths.items()
        if path
    ]


def _padding_lines(real: np.ndarray) -> str:
    """Draw diagonals through the cells whose query or key is no real token, as an SVG path.

    A diagonal joins cells of equal query + key; where there would be too many, every second, third … one is left.
    """
    n_tokens, n_padding = len(real), int((~real).sum())
    if not n_padding:
        return ""
    step = -(-(n_tokens + n_padding) // HATCH_LINES)
    lines = []
    for total in range(0, 2 * n_tokens - 1, step):
        queries = np.arange(max(0, total - n_tokens + 1), min(total, n_tokens - 1) + 1)
        padded = ~(real[queries] & real[total - queries])
        edges = np.flatnonzero(np.diff(padded, prepend=False, append=False)).tolist()  # begin, end, begin, end ...
        for begin, end in zip(edges[::2], edges[1::2]):
            first, last = int(queries[begin]), int(queries[end - 1])
            lines.append(f"M{total - first + 0.5},{first - 0.5}L{total - last - 0.5},{last + 0.5}")
    return "".join(lines)


def frame(tokens, names: list[str], title: str, height: int) -> dict:
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


def _framed_rows(run: Run, row: int, query: int | None) -> list[int]:
    """Give the asked query, or the rows that predict the next token: the last real one of a causal model."""
    if query is not None:
        return [query]
    return [position for at, position in run.readouts.tolist() if at == row] if run.model.causal else []


def _frame_row(layout: dict, run: Run, row: int, query: int) -> None:
    """Frame a query's row over its keys, padding left out; of a causal model, say what the row predicts."""
    real = np.flatnonzero(run.batch.attention_mask[row]).tolist()
    last = query if run.model.causal else real[-1]
    layout["shapes"].append(query_frame(min(real[0], query), last, query))
    if run.model.causal:
        place = {"x": 1, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "top"}
        # Below the scale and its name: beside them the words would lie on each other in half a page.
        layout["margin"]["b"] += NOTE_PX
        layout["height"] += NOTE_PX
        note = _("framed: this row predicts the next token")
        layout["annotations"].append(
            {"text": note, "showarrow": False, "yshift": -56, "font": {"color": theme.ACCENT, "size": 12}, **place}
        )


def query_frame(first: int, last: int, query: int) -> dict:
    """Frame a query's row from one key to another."""
    place = {"x0": first - 0.5, "x1": last + 0.5, "y0": query - 0.5, "y1": query + 0.5}
    return {"type": "rect", **place, "line": {"color": theme.ACCENT, "width": 2}}


def _stamp() -> dict:
    place = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False, "textangle": -30}
    return {"text": _("random weights"), "font": {"size": 34, "color": "rgba(194,65,12,0.45)"}, **place}
