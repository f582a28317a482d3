"""Draw what each word did to an answer: three bars a word, side by side, each with a scale of its own."""

import numpy as np

from viz import theme
from viz.analysis.reasons.importance import Importance
from viz.drawing import axes
from viz.drawing.plotly import go
from viz.text import _

MOST_WORDS = 40
AGAINST = theme.CHANGE_STOPS[1]  # of a word that speaks against the answer
_ROW_PX = 24
_GAP = 0.06  # between two of the three, in parts of the width


def word_bars(of: Importance, attention: np.ndarray) -> go.Figure:
    """Draw integrated gradients and occlusion, blue for the answer and orange against it, and attention in grey.

    Words stand in the order of the text; of many those with the largest gradients are drawn.
    """
    shown = np.sort(np.argsort(-np.abs(of.gradients), kind="stable")[:MOST_WORDS])
    words = [of.words[at].text for at in shown]
    names = axes.categories(words, [of.words[at].positions[0] for at in shown])
    columns = (
        (_("integrated gradients").replace(" ", "<br>", 1), of.gradients[shown], "%{x:+.4f}"),
        (_("occlusion"), of.occlusion[shown], "%{x:+.4f}"),
        (_("attention"), attention[shown], "%{x:.4f}"),
    )
    layout: dict = {
        "yaxis": axes.ticks(words, names) | {"autorange": "reversed", "fixedrange": True, "showgrid": True},
        "height": 76 + _ROW_PX * len(words),
        "margin": {"l": axes.label_px(words) + 10, "r": 8, "t": 46, "b": 8},
        "showlegend": False,
        "dragmode": False,
        "bargap": 0.35,
        "annotations": [],
    }
    bars, width = [], (1 - 2 * _GAP) / 3
    for at, (title, values, written) in enumerate(columns):
        axis, left = f"x{at + 1}" if at else "x", at * (width + _GAP)
        bars.append(_bars(values, names, axis, written, grey=at == 2))
        layout[f"xaxis{at + 1 if at else ''}"] = {
            "domain": [left, left + width],
            "range": _range(values),
            "showticklabels": False,
            "showgrid": False,
            "zeroline": True,
            "zerolinecolor": theme.BAR_BEFORE,
            "fixedrange": True,
        }
        layout["annotations"].append(
            {"text": title, "x": left, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left"}
            | {"yanchor": "bottom", "showarrow": False, "font": {"size": 13}}
        )
    return go.Figure(bars, layout)


def _bars(values: np.ndarray, names: list[str], axis: str, written: str, *, grey: bool) -> go.Bar:
    colours = theme.BAR_BEFORE if grey else [theme.BAR if value >= 0 else AGAINST for value in values]
    return go.Bar(
        x=values,
        y=names,
        xaxis=axis,
        orientation="h",
        marker={"color": colours},
        hovertemplate=f"%{{y}}: {written}<extra></extra>",
    )


def _range(values: np.ndarray) -> list[float]:
    """Let a scale hold 0 and every value, with some air."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    air = 0.06 * ((high - low) or 1.0)
    return [low - air if low < 0 else 0.0, high + air]
