"""Draw predictions as bars: one run's best words, or the same words before and after an edit."""

from collections.abc import Sequence

from viz import theme
from viz.analysis.compare.answers import WordShift
from viz.analysis.predictions import Shift
from viz.drawing import axes
from viz.drawing.plotly import Shown, go
from viz.records import Prediction
from viz.text import _, percent

_ROW_PX = 34


def prediction_bars(predictions: Sequence[Prediction]) -> go.Figure:
    """Draw the best words with their probability over the whole vocabulary, best on top."""
    names = [f"{p.rank} {axes.plain(p.token)}" for p in predictions]
    values = [p.probability for p in predictions]
    return Shown(_bars(names, values, theme.BAR, ""), _frame(names, [p.token for p in predictions], values, n_series=1))


def shift_bars(shifts: Sequence[Shift | WordShift]) -> go.Figure:
    """Draw each word's probability before (grey) and after (blue); a word that a vocabulary lacks has no bar there."""
    names = [f"{n} {axes.plain(s.token)}" for n, s in enumerate(shifts)]
    before, after = [s.probability_before for s in shifts], [s.probability_after for s in shifts]
    bars = [_bars(names, before, theme.BAR_BEFORE, _("before")), _bars(names, after, theme.BAR, _("after"))]
    known = [value for value in before + after if value is not None]
    layout = _frame(names, [s.token for s in shifts], known, n_series=2)
    legend = {"orientation": "h", "y": 1.0, "yanchor": "bottom"}
    return go.Figure(bars, layout | {"showlegend": True, "legend": legend})


def _bars(names: list[str], values: Sequence[float | None], colour: str, series: str) -> go.Bar:
    unknown = _("not in its vocabulary")
    return go.Bar(
        x=[value or 0 for value in values],
        y=names,
        name=series,
        orientation="h",
        marker={"color": colour},
        text=[unknown if value is None else _share(value) for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate=[f"%{{y}}: {unknown if value is None else '%{x:.6f}'}<extra></extra>" for value in values],
    )


def _share(value: float) -> str:
    return percent(value, 1) if value >= 0.001 else f"{value:.1e}"


def _frame(names: list[str], tokens: list[str], values: list[float], n_series: int) -> dict:
    legend_px = 28 * (n_series - 1)
    ticks = {
        "tickvals": names,
        "ticktext": [axes.plain(token) for token in tokens],
        "ticks": "",
        "tickfont": {"size": 15},
    }
    return {
        "xaxis": {
            "range": [0, max(values, default=1) * 1.25],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        "yaxis": {"type": "category", "autorange": "reversed", "fixedrange": True, **ticks},
        "height": 28 + legend_px + _ROW_PX * n_series**0.5 * len(names),
        "margin": {"l": axes.label_px(tokens) + 10, "r": 10, "t": 6 + legend_px, "b": 6},
        "showlegend": False,
        "bargap": 0.3,
        "dragmode": False,
    }
