"""Draw value zeroing of one layer as a map of query rows and key columns."""

import numpy as np

from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.analysis.reasons.value_zeroing import ValueZeroing
from viz.drawing import axes, heatmap, state_layers
from viz.drawing.plotly import go
from viz.names import layer_label
from viz.records import Run
from viz.text import _


def zeroing_map(run: Run, row: int, of: ValueZeroing, layer: int, *, height: int = heatmap.HEIGHT) -> go.Figure:
    """Draw a layer's shares; what a query may not look at is painted as in the map of a head."""
    tokens, maps = run.batch.tokens[row], run.maps["self"]
    states = cell_states(run, layer)[row]
    shares = np.where(states == VISIBLE, of.shares(layer), np.nan).astype(np.float32)
    names = axes.categories(tokens)
    largest = float(np.nan_to_num(shares).max(initial=0)) or 1.0
    cells = heatmap.weight_layer(shares, names, names, largest, _("share of the row"))
    title = _("{layer}, value zeroing").format(layer=layer_label(layer))
    layout = heatmap.frame(tokens, names, title, height)
    layout["xaxis"]["title"]["text"] = _("key (its value is taken away)")
    layout["yaxis"]["title"]["text"] = _("query (its state moves)")
    layout["shapes"] = state_layers.strokes(states, maps.query_mask[row], maps.key_mask[row])
    if run.model.weights == "random":
        layout["annotations"].append(heatmap.stamp())
    return go.Figure([*state_layers.layers(states, names, names), cells], layout)
