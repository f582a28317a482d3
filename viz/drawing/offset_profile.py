"""Draw what a head gives to each offset, and the map that offsets alone would make for a text."""

import numpy as np

from viz import theme
from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.analysis.positions.offsets import Head, Profiles, position_only
from viz.drawing import axes, state_layers
from viz.drawing.heatmap import HEIGHT, frame, stamp, weight_layer
from viz.drawing.plotly import Shown, go
from viz.drawing.profiles import banded, profile_layout
from viz.names import head_title
from viz.records import Run
from viz.text import _


def offset_profile(of: Profiles, head: Head, *, height: int = 340) -> go.Figure:
    """Draw the mean attention at each offset with a band of one standard deviation; offsets without a cell are gaps."""
    layer = head[0]
    known = of.n_cells[layer] > 0
    hover = _("key {offset} from the query: {mean} ± {spread} ({n} cells)").format(
        offset="%{x:+d}", mean="%{y:.4f}", spread="%{customdata[0]:.4f}", n="%{customdata[1]}"
    )
    values = (of.offsets[known], of.mean[head][known], of.spread[head][known], of.n_cells[layer][known])
    lines = banded(*values, head_title(*head), theme.BAR, "solid", hover, mode="lines+markers")
    return Shown(lines, profile_layout(_("offset, key − query"), _("attention"), height))


def position_only_map(of: Profiles, run: Run, row: int, head: Head, *, height: int = HEIGHT) -> go.Figure:
    """Draw the map that a head would have for a text if it looked at offsets alone; the scale runs from 0 to 1."""
    layer = head[0]
    tokens = run.batch.tokens[row]
    names = axes.categories(tokens)
    states = cell_states(run, layer)[row]
    alone = np.where(states == VISIBLE, position_only(of, run, row, head), np.float32(np.nan))
    layout = frame(tokens, names, head_title(*head), height)
    real = run.batch.attention_mask[row]
    layout["shapes"] = state_layers.strokes(states, real, real)
    if run.model.weights == "random":
        layout["annotations"].append(stamp())
    return Shown([*state_layers.layers(states, names, names), weight_layer(alone, names, names, 1.0)], layout)
