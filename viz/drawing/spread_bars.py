"""Draw how a head's value of one job spreads over texts: a histogram, with its median and an even look's mean."""

from viz import theme
from viz.analysis.corpus.spreads import Head, Spread
from viz.drawing.plotly import Shown, go
from viz.names import head_title
from viz.text import _, number


def spread_bars(of: Spread, head: Head, job: str, *, height: int = 300) -> go.Figure:
    """Draw the texts by their values, in bars of equal width."""
    edges, counts = of.histogram(head)
    hover = _("{low} to {high}: {n} texts").format(low="%{customdata[0]:.3f}", high="%{customdata[1]:.3f}", n="%{y}")
    bars = go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=edges[1] - edges[0],
        customdata=list(zip(edges[:-1], edges[1:], strict=True)),
        marker={"color": theme.BAR},
        hovertemplate=f"{hover}<extra></extra>",
    )
    median, even = of.quantile(head, 0.5), float(of.even[head[0]])
    layout = {
        "title": {"text": head_title(*head), "font": {"size": 14}},
        "xaxis": {"title": {"text": job}, "fixedrange": True, "rangemode": "tozero"},
        "yaxis": {"title": {"text": _("texts")}, "fixedrange": True},
        "shapes": [_line(median, "solid"), _line(even, "dot")],
        "annotations": [
            _note(median, _("median {value}").format(value=number(median, 3)), 1.0),
            _note(even, _("even look {value}").format(value=number(even, 3)), 0.88),
        ],
        "height": height,
        "margin": {"l": 60, "r": 10, "t": 40, "b": 50},
        "bargap": 0.02,
        "dragmode": False,
        "showlegend": False,
    }
    return Shown([bars], layout)


def _line(x: float, dash: str) -> dict:
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": theme.ACCENT, "width": 2, "dash": dash},
    }


def _note(x: float, text: str, y: float) -> dict:
    return {"x": x, "y": y, "yref": "paper", "text": text, "showarrow": False, "xanchor": "left", "xshift": 4}
