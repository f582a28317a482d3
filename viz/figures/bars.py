"""Draw predictions as bars: one run's best words, or the same words before and after an edit."""

from collections.abc import Sequence

import plotly.graph_objects as go

from viz import theme
from viz.figures import axes
from viz.predictions import Shift
from viz.records import Prediction
from viz.text import _

_ROW_PX = 34


def prediction_bars(predictions: Sequence[Prediction]) -> go.Figure:
    """Draw the best words with their probability over the whole vocabulary, best on top."""
    names = [f"{p.rank} {axes.plain(p.token)}" for p in predictions]
    figure = go.Figure(_bars(names, [p.probability for p in predictions], theme.BAR, ""))
    _frame(figure, names, [p.token for p in predictions], [p.probability for p in predictions], n_series=1)
    return figure


def shift_bars(shifts: Sequence[Shift]) -> go.Figure:
    """Draw each word's probability before (grey) and after (blue)."""
    names = [f"{n} {axes.plain(s.token)}" for n, s in enumerate(shifts)]
    before, after = [s.probability_before for s in shifts], [s.probability_after for s in shifts]
    figure = go.Figure(
        [_bars(names, before, theme.BAR_BEFORE, _("before")), _bars(names, after, theme.BAR, _("after"))]
    )
    _frame(figure, names, [s.token for s in shifts], before + after, n_series=2)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"})
    return figure


def _bars(names: list[str], values: list[float], colour: str, series: str) -> go.Bar:
    return go.Bar(
        x=values,
        y=names,
        name=series,
        orientation="h",
        marker={"color": colour},
        text=[f"{value:.1%}" if value >= 0.001 else f"{value:.1e}" for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.6f}<extra></extra>",
    )


def _frame(figure: go.Figure, names: list[str], tokens: list[str], values: list[float], n_series: int) -> None:
    room = axes.label_px(tokens)
    figure.update_xaxes(range=[0, max(values, default=1) * 1.25], showticklabels=False, showgrid=False, zeroline=False, fixedrange=True)
    figure.update_yaxes(
        type="category", autorange="reversed", fixedrange=True, tickvals=names, ticktext=[axes.plain(t) for t in tokens],
        ticks="", tickfont={"size": 15},
    )  # fmt: skip
    figure.update_layout(
        height=28 + 28 * (n_series - 1) + _ROW_PX * n_series**0.5 * len(names),
        margin={"l": room + 10, "r": 10, "t": 6 + 28 * (n_series - 1), "b": 6},
        showlegend=False,
        bargap=0.3,
        dragmode=False,
    )
