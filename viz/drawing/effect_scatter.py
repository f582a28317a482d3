"""Draw each head's effect, switched off alone, against how brightly it attends."""

from collections.abc import Sequence

import numpy as np

from viz import theme
from viz.analysis.heads.switch_off import HeadEffect, bright_but_idle, dim_but_vital
from viz.drawing import axes
from viz.drawing.plotly import go
from viz.names import head_index_label, head_title
from viz.text import _

LEAST = 1e-6  # bits: smaller effects are drawn here, since a logarithm has no zero
_N_NAMED = 5  # more labels than these overlap


def effect_scatter(ranked: Sequence[HeadEffect], bright: np.ndarray, *, height: int = 460) -> go.Figure:
    """Draw one point a head: brightness ``[L, H]`` to the right, KL divergence in bits upwards, on a logarithmic axis.

    Heads that are bright but idle, or dim but vital, have signs of their own and names; ``customdata`` of a point is
    its ``[layer, head]``.
    """
    idle, vital = bright_but_idle(ranked, bright), dim_but_vital(ranked, bright)
    others = [of for of in ranked if of not in idle and of not in vital]
    groups = [
        _points(others, bright, _("other heads"), {"color": theme.BAR_BEFORE, "symbol": "circle", "size": 8}),
        _points(idle, bright, _("bright but idle"), {"color": theme.BAR, "symbol": "square", "size": 11}, "bottom"),
        _points(vital, bright, _("dim but vital"), {"color": theme.ACCENT, "symbol": "diamond", "size": 12}, "top"),
    ]
    lights = [float(bright[of.layer, of.head]) for of in ranked]
    effects = [max(of.effect.kl, LEAST) for of in ranked]
    return go.Figure(
        groups, _layout(max(lights, default=1), min(effects, default=LEAST), max(effects, default=1), height)
    )


def _points(
    heads: Sequence[HeadEffect], bright: np.ndarray, name: str, marker: dict, labels: str | None = None
) -> go.Scatter:
    values = [(float(bright[of.layer, of.head]), of) for of in heads]
    named = [head_index_label(of.layer, of.head) if number < _N_NAMED else "" for number, of in enumerate(heads)]
    return go.Scatter(
        x=[light for light, _of in values],
        y=[max(of.effect.kl, LEAST) for of in heads],
        name=name,
        cliponaxis=False,
        mode="markers" if labels is None else "markers+text",
        marker=marker | {"line": {"width": 1, "color": "white"}},
        text=[] if labels is None else named,
        textposition=None if labels is None else [f"{labels} {('right', 'left')[n % 2]}" for n in range(len(heads))],
        customdata=[[of.layer, of.head] for of in heads],
        hovertext=[_hover(light, of) for light, of in values],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _hover(light: float, of: HeadEffect) -> str:
    words = _("{head}: brightness {light:.3f}, KL {kl:.4g} bits, {token} {before:.1%} → {after:.1%}")
    effect = of.effect
    return words.format(
        head=head_title(of.layer, of.head),
        light=light,
        kl=effect.kl,
        token=axes.plain(effect.token),
        before=effect.probability_before,
        after=effect.probability_after,
    )


def _layout(brightest: float, least: float, largest: float, height: int) -> dict:
    reach = [np.log10(least) - 0.25, np.log10(largest) + 0.25]
    return {
        "xaxis": {
            "title": {"text": _("how brightly it attends")},
            "range": [-0.03 * brightest, 1.08 * brightest],
            "fixedrange": True,
        },
        "yaxis": {
            "title": {"text": _("effect: KL divergence in bits")},
            "type": "log",
            "range": reach,
            "fixedrange": True,
            "dtick": 1 if reach[1] - reach[0] > 2 else None,
            "exponentformat": "none",
        },
        "height": height,
        "margin": {"l": 70, "r": 10, "t": 34, "b": 50},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom"},
        "dragmode": False,
        "hovermode": "closest",
    }
