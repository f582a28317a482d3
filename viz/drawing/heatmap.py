"""Draw one head as a map of query rows and key columns, and the difference of two such maps."""

from collections.abc import Sequence

import numpy as np

from viz import theme
from viz.analysis.compare.comparison import Comparison
from viz.analysis.compare.movement import difference, difference_states
from viz.analysis.masks.cells import VISIBLE, cell_states, is_causal
from viz.drawing import axes, scale, state_layers
from viz.drawing.plotly import Shown, go
from viz.labels import joined
from viz.names import map_title
from viz.records import Run
from viz.text import _, number

HEIGHT = 560
NOTE_PX = 28
LABEL_CHARACTERS = 20  # of a word in several pieces
NUMBER_PX = 12  # of the numbers in cells: smaller ones cannot be read by many
_ROOM = 10  # tokens on a side up to which a number has room for its zero: half a page has 300 px for a map


def head_map(
    run: Run,
    row: int,
    layer: int,
    head: int,
    *,
    kind: str = "self",
    own_scale: bool = False,
    height: int = HEIGHT,
    query: int | None = None,
    numbers: bool = False,
) -> go.Figure:
    """Draw one head: weights in blue, padding grey and hatched, later keys flat and empty, hidden keys crossed.

    What the layer's window leaves out is drawn like a later key; the row of a query that may look at nothing is struck.

    The colour scale runs from 0 to 1, or with ``own_scale``, and of contributions always, to this map's largest visible
    number. Framed is the row
    ``query``; without one, the row that predicts a causal model's next token. What a model that was not told of padding
    puts on it is shown as a weight, hatched. ``numbers`` writes the weights into the cells.
    """
    of = run.maps[kind]
    states = cell_states(run, layer, kind)[row]
    weights = np.where(states == VISIBLE, of.attentions[row, layer, head], np.nan).astype(np.float32)
    queries, keys = axes.categories(of.queries[row]), axes.categories(of.keys[row])
    end = scale.largest(run, row, layer, head, kind) if own_scale else scale.top(run, row, layer, head, kind)
    # Plotly lays words out in the order of first sight: numbers, which padding has none of, come behind whole layers.
    maps = [
        *state_layers.layers(states, queries, keys),
        *([number_layer(weights, queries, keys, end)] if numbers else []),
        weight_layer(weights, queries, keys, end, scale.name(run)),
    ]
    layout = frame(of.queries[row], queries, map_title(run.view, layer, head, kind), height, of.keys[row], keys)
    layout["shapes"] = state_layers.strokes(states, of.query_mask[row], of.key_mask[row])
    for framed in _framed_rows(run, row, query, kind):
        _frame_row(layout, run, row, framed, kind)
    if run.model.weights == "random":
        layout["annotations"].append(stamp())
    return Shown(maps, layout)


def difference_map(of: Comparison, layer: int, head: int, *, height: int = HEIGHT) -> go.Figure:
    """Draw after minus before over what is paired, labelled as after: blue = more attention, orange = less.

    A cell that neither run sees has no change and is painted as its state; the row of a query that may look at nothing,
    before or after, is struck.
    """
    queries, keys = (
        [joined([tokens[of.rows[1]][at] for at in pair.after], LABEL_CHARACTERS) for pair in axis.pairs]
        for tokens, axis in ((of.after.maps[of.kind].queries, of.queries), (of.after.maps[of.kind].keys, of.keys))
    )
    rows, columns = (
        axes.categories(tokens, [pair.after[0] for pair in axis.pairs])
        for tokens, axis in ((queries, of.queries), (keys, of.keys))
    )
    change = difference(of, layer, head)
    reach = max(float(np.nan_to_num(np.abs(change)).max(initial=0)), 1e-6)
    layer_of_changes = go.Heatmap(
        z=change.round(4),
        x=columns,
        y=rows,
        zmin=-reach,
        zmax=reach,
        colorscale=theme.colorscale(theme.CHANGE_STOPS),
        colorbar=colorbar(_("change of attention")) | {"nticks": 5, "tickangle": 0},
        hoverongaps=False,
        hovertemplate="%{y} → %{x}: %{z:+.4f}<extra></extra>",
    )
    layout = frame(queries, rows, map_title(of.after.view, layer, head, of.kind), height, keys, columns)
    states = difference_states(of, layer)
    layout["shapes"] = state_layers.strokes(states, *(np.ones(n, dtype=bool) for n in states.shape))
    if "random" in (of.before.model.weights, of.after.model.weights):
        layout["annotations"].append(stamp())
    return go.Figure([*state_layers.layers(states, rows, columns), layer_of_changes], layout)


def weight_layer(
    weights: np.ndarray, queries: list[str], keys: list[str], largest: float, name: str = ""
) -> go.Heatmap:
    """Draw weights ``[Q, K]`` in blue, NaN left out; the scale ends at ``largest`` and is called ``name``."""
    return go.Heatmap(
        z=weights.round(4),
        x=keys,
        y=queries,
        zmin=0,
        zmax=largest,
        colorscale=theme.colorscale(theme.WEIGHT_STOPS),
        hoverongaps=False,
        colorbar=colorbar(name or _("attention")),
        hovertemplate="%{y} → %{x}: %{z:.4f}<extra></extra>",
    )


def number_layer(weights: np.ndarray, queries: list[str], keys: list[str], largest: float) -> go.Scatter:
    """Write weights ``[Q, K]`` into their cells, NaN left out, in the ink that can be read on their colour.

    Text lies above all maps, wherever it stands among them. Where cells are narrow the zero before the point has no
    room.
    """
    at_queries, at_keys = np.nonzero(~np.isnan(weights))
    shown = weights[at_queries, at_keys]
    levels = np.rint(255 * np.clip(shown / largest, 0, 1)).astype(int)
    narrow = max(weights.shape) > _ROOM
    return go.Scatter(
        x=[keys[key] for key in at_keys],
        y=[queries[query] for query in at_queries],
        text=[_short(weight) if narrow else number(weight, 2) for weight in shown.tolist()],
        mode="text",
        textfont={
            "size": NUMBER_PX,
            "color": [theme.ink_on(rgb) for rgb in theme.lookup_table(theme.WEIGHT_STOPS)[levels]],
        },
        hoverinfo="skip",
        showlegend=False,
    )


def _short(weight: float) -> str:
    """Write a number in three signs: ``.87``, ``1.0``."""
    return number(weight, 2).removeprefix("0") if round(weight, 2) < 1 else number(weight, 1)


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


def frame(
    tokens: Sequence[str],
    names: list[str],
    title: str,
    height: int,
    key_tokens: Sequence[str] | None = None,
    key_names: list[str] | None = None,
) -> dict:
    """Give axes, names and margins; the query axis runs down, the key axis lies on top.

    Keys that are not given are the queries. Given to the figure at once: changing a figure afterwards, setting by
    setting, took most of a click's time.
    """
    key_tokens, key_names = tokens if key_tokens is None else key_tokens, names if key_names is None else key_names
    beside, above, below = axes.label_px(tokens), axes.label_px(key_tokens) + 56, 52
    key_axis = {"title": {"text": _("key (at this token)"), "standoff": 10}, "side": "top", "tickangle": -90}
    query_axis = {"title": {"text": _("query (this token looks)"), "standoff": 12}, "autorange": "reversed"}
    return {
        "xaxis": key_axis | axes.ticks(key_tokens, key_names),
        "yaxis": query_axis | axes.ticks(tokens, names),
        "title": {"text": title, "x": 0, "y": 0.99, "yanchor": "top"},
        "height": max(height, above + below + axes.ticks_px(len(tokens))),
        "margin": {"l": beside + 36, "r": 8, "t": above, "b": below},
        "dragmode": False,
        "annotations": [],
    }


def _framed_rows(run: Run, row: int, query: int | None, kind: str) -> list[int]:
    """Give the asked query, or the rows that predict the next token: the last real one of a causal model."""
    if query is not None:
        return [query]
    shows_last = kind == "self" and run.model.causal
    return [position for at, position in run.readouts.tolist() if at == row] if shows_last else []


def _frame_row(layout: dict, run: Run, row: int, query: int, kind: str) -> None:
    """Frame a query's row over its keys, padding left out; where the row writes a token, say so."""
    real = np.flatnonzero(run.maps[kind].key_mask[row]).tolist()
    first = real[0] if kind == "cross" else min(real[0], query)
    last = query if is_causal(run, kind) else real[-1]
    layout["shapes"].append(query_frame(first, last, query))
    if is_causal(run, kind) or kind == "cross":
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


def stamp() -> dict:
    """Say across a picture that the weights of its model are random."""
    place = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False, "textangle": -30}
    return {"text": _("random weights"), "font": {"size": 34, "color": "rgba(194,65,12,0.45)"}, **place}
