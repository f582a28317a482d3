"""Draw how much of each head's map stays with the places, against how much goes with the words."""

import numpy as np

from viz import theme
from viz.analysis.positions.place_word import Head, PlaceWord, strongest
from viz.drawing.plotly import go
from viz.names import head_index_label, head_title
from viz.text import _

_N_NAMED = 5  # more labels than these overlap
CLEAR = 0.5  # from here on a correlation is called a lean


def place_word_scatter(of: PlaceWord, *, height: int = 480) -> go.Figure:
    """Draw one point a head: word to the right, place upwards, both correlations.

    Heads that lean clearly to one side have signs of their own, and the first of them names; ``customdata`` of a point
    is its ``[layer, head]``. Heads without a number have no point.
    """
    by_place = [head for head in strongest(of, by_place=True) if of.place[head] - of.word[head] >= CLEAR]
    by_word = [head for head in strongest(of, by_place=False) if of.word[head] - of.place[head] >= CLEAR]
    others = [head for head in strongest(of, by_place=True) if head not in by_place and head not in by_word]
    groups = [
        _points(of, others, _("other heads"), {"color": theme.BAR_BEFORE, "symbol": "circle", "size": 8}),
        _points(of, by_place, _("follow the place"), {"color": theme.BAR, "symbol": "square", "size": 11}, "bottom"),
        _points(of, by_word, _("follow the word"), {"color": theme.ACCENT, "symbol": "diamond", "size": 12}, "top"),
    ]
    return go.Figure(groups, _layout(of, height))


def _points(of: PlaceWord, heads: list[Head], name: str, marker: dict, labels: str | None = None) -> go.Scatter:
    named = [head_index_label(*head) if number < _N_NAMED else "" for number, head in enumerate(heads)]
    words = _("{head}: place {place:.3f}, word {word:.3f}")
    return go.Scatter(
        x=[float(of.word[head]) for head in heads],
        y=[float(of.place[head]) for head in heads],
        name=name,
        cliponaxis=False,
        mode="markers" if labels is None else "markers+text",
        marker=marker | {"line": {"width": 1, "color": "white"}},
        text=[] if labels is None else named,
        textposition=None if labels is None else [f"{labels} {('right', 'left')[n % 2]}" for n in range(len(heads))],
        customdata=[list(head) for head in heads],
        hovertext=[
            words.format(head=head_title(*head), place=float(of.place[head]), word=float(of.word[head]))
            for head in heads
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _layout(of: PlaceWord, height: int) -> dict:
    lowest = min(float(np.nanmin(values, initial=0)) for values in (of.place, of.word))
    reach = [lowest - 0.08, 1.08]
    return {
        "xaxis": {"title": {"text": _("word: goes with the words")}, "range": reach, "fixedrange": True},
        "yaxis": {"title": {"text": _("place: stays with the places")}, "range": reach, "fixedrange": True},
        "height": height,
        "margin": {"l": 70, "r": 10, "t": 34, "b": 50},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom"},
        "dragmode": False,
        "hovermode": "closest",
    }
