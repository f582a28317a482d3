"""Paint what has no weight below the weights of a Plotly map, and strike it so that grey alone is no weight."""

import numpy as np

from viz import theme
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW
from viz.drawing.plotly import go
from viz.text import _

STATES = "states"  # marks the layer whose numbers are states
HATCH_LINES = 60  # across padding: more would be a grey plane, and long to send
_COLOURS = {
    VISIBLE: theme.CLEAR,
    CAUSAL: theme.CAUSAL,
    PADDING: theme.PADDING,
    HIDDEN: theme.HIDDEN,
    WINDOW: theme.CAUSAL,
    NOTHING: theme.NOTHING,
}


def layers(states: np.ndarray, queries: list[str], keys: list[str]) -> list[go.Heatmap]:
    """Paint states ``[Q, K]``, none where all is visible; they lie under the weights and never touch their scale."""
    if (states == VISIBLE).all():
        return []
    last = max(_COLOURS)
    steps = [[edge, _COLOURS[s]] for s in sorted(_COLOURS) for edge in (s / (last + 1), (s + 1) / (last + 1))]
    painted = go.Heatmap(
        z=states,
        x=keys,
        y=queries,
        meta=STATES,
        zmin=-0.5,
        zmax=last + 0.5,
        colorscale=steps,
        showscale=False,
        hovertemplate="%{y} → %{x}: " + _("no weight (masked)") + "<extra></extra>",
    )
    words = {WINDOW: "%{y} → %{x}: " + _("outside this layer's window"), NOTHING: "%{y}: " + _("may look at nothing")}
    return [painted, *(_spoken(states == s, queries, keys, said) for s, said in words.items() if (states == s).any())]


def _spoken(cells: np.ndarray, queries: list[str], keys: list[str], said: str) -> go.Heatmap:
    """Give some cells words of their own under the pointer, and no colour."""
    return go.Heatmap(
        z=np.where(cells, 0, np.nan).astype(np.float32),
        x=keys,
        y=queries,
        colorscale=[[0, theme.CLEAR], [1, theme.CLEAR]],
        showscale=False,
        hoverongaps=False,
        hovertemplate=said + "<extra></extra>",
    )


def strokes(states: np.ndarray, real_queries: np.ndarray, real_keys: np.ndarray) -> list[dict]:
    """Hatch padding, cross hidden cells, strike rows that may look at nothing: one path each, however many cells."""
    hidden = np.argwhere(states == HIDDEN)
    cross = "M{x0},{y0}L{x1},{y1}M{x0},{y1}L{x1},{y0}"
    crosses = (cross.format(x0=k - 0.5, x1=k + 0.5, y0=q - 0.5, y1=q + 0.5) for q, k in hidden.tolist())
    struck = np.flatnonzero((states == NOTHING).any(axis=1)).tolist()
    paths = {
        theme.PADDING_HATCH: _padding_lines(real_queries, real_keys),
        theme.HIDDEN_CROSS: "".join(crosses),
        theme.NOTHING_STROKE: "".join(_strike(query, np.flatnonzero(states[query] == NOTHING)) for query in struck),
    }
    return [
        {"type": "path", "path": path, "line": {"color": colour, "width": 0.7}}
        for colour, path in paths.items()
        if path
    ]


def _strike(query: int, keys: np.ndarray) -> str:
    return f"M{keys[0] - 0.5},{query}L{keys[-1] + 0.5},{query}"


def _padding_lines(real_queries: np.ndarray, real_keys: np.ndarray) -> str:
    """Draw diagonals through the cells whose query or key is no real token, as an SVG path.

    A diagonal joins cells of equal query + key; where there would be too many, every second, third … one is left.
    """
    n_queries, n_keys = len(real_queries), len(real_keys)
    n_padding = int(max((~real_queries).sum(), (~real_keys).sum()))
    if not n_padding:
        return ""
    step = -(-(max(n_queries, n_keys) + n_padding) // HATCH_LINES)
    lines = []
    for total in range(0, n_queries + n_keys - 1, step):
        queries = np.arange(max(0, total - n_keys + 1), min(total, n_queries - 1) + 1)
        padded = ~(real_queries[queries] & real_keys[total - queries])
        edges = np.flatnonzero(np.diff(padded, prepend=False, append=False)).tolist()  # begin, end, begin, end ...
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            first, last = int(queries[begin]), int(queries[end - 1])
            lines.append(f"M{total - first + 0.5},{first - 0.5}L{total - last - 0.5},{last + 0.5}")
    return "".join(lines)
