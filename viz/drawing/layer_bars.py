"""Draw what the heads and the MLP of each layer wrote into an answer, as bars either way of zero."""

import numpy as np

from viz import theme
from viz.drawing.plotly import go
from viz.names import position_number
from viz.text import _

_HEIGHT_PX = 300


def layer_bars(written: dict[str, np.ndarray]) -> go.Figure:
    """Draw ``heads`` and ``mlp``, ``[L]`` each, side by side for every layer."""
    layers = [str(position_number(layer)) for layer in range(len(written["heads"]))]
    of_layer = _("layer")
    series = (("heads", _("heads"), theme.BAR), ("mlp", _("MLP"), theme.BAR_BEFORE))
    bars = [
        go.Bar(
            x=layers,
            y=written[name],
            name=title,
            marker={"color": colour},
            hovertemplate=f"{of_layer} %{{x}}, {title}: %{{y:+.4f}}<extra></extra>",
        )
        for name, title, colour in series
    ]
    axis = {"fixedrange": True}
    return go.Figure(
        bars,
        {
            "barmode": "group",
            "xaxis": {"type": "category", "title": {"text": of_layer}, **axis},
            "yaxis": {"title": {"text": _("logits")}, "zeroline": True, "zerolinewidth": 2, **axis},
            "height": _HEIGHT_PX,
            "margin": {"l": 50, "r": 8, "t": 32, "b": 40},
            "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom"},
            "dragmode": False,
        },
    )
