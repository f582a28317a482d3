"""Draw what each patch did to the answer: layers down, heads or tokens across, and all of them at once."""

import numpy as np

from viz import theme
from viz.analysis.reasons.patching import Patched
from viz.drawing.axes import categories, label_px, plain
from viz.drawing.plotly import go
from viz.names import head_title, layer_label, position_number
from viz.text import _, number

_FEW = 16  # columns up to which a cell holds its number
_ROW_PX, _AROUND_PX = 32, 96
_LEAST_REACH = 0.05  # of the scale: smaller numbers stay pale


def patch_board(patched: Patched) -> go.Figure:
    """Draw shares of the way from A to B, blue towards B and orange away from it; where there is no way, the shifts."""
    values = patched.shares if patched.has_way else patched.shifts
    names, shown = _columns(patched)
    reach = max(float(np.abs(values).max()), _LEAST_REACH)
    n_layers, n_columns = values.shape
    board = go.Heatmap(
        z=values.round(4),
        x=names,
        y=[str(position_number(layer)) for layer in range(n_layers)],
        customdata=np.array(
            [[_said(patched, *at) for at in zip([layer] * n_columns, range(n_columns))] for layer in range(n_layers)]
        ),
        zmin=-reach,
        zmax=reach,
        colorscale=theme.colorscale(theme.CHANGE_STOPS),
        colorbar={"thickness": 10, "outlinewidth": 0, "title": {"text": _scale(patched), "side": "right"}},
        hovertemplate="%{customdata}<extra></extra>",
        texttemplate="%{z:.2f}" if n_columns <= _FEW else None,
        xgap=2,
        ygap=2,
    )
    return go.Figure(board, _layout(patched, names, shown))


def _scale(patched: Patched) -> str:
    return _("0 = as A, 1 = as B") if patched.has_way else _("shift of the logit difference")


def _columns(patched: Patched) -> tuple[list[str], list[str]]:
    """Name the columns, each by a name of its own, and write them below; both tokens where the texts differ."""
    if patched.what == "heads":
        names = [str(position_number(head)) for head in range(patched.model.n_heads)]
        return [*names, _("all")], [*names, _("all")]
    tokens = [a if a == b else f"{a} ← {b}" for a, b in zip(*patched.tokens, strict=True)]
    names = categories(tokens)
    return [*names, _("all")], [*map(plain, tokens), _("all")]


def _said(patched: Patched, layer: int, column: int) -> str:
    """Say under the pointer what was patched, and what came of it."""
    if column == patched.shifts.shape[1] - 1:
        what = _("{layer}, all at once").format(layer=layer_label(layer))
    elif patched.what == "heads":
        what = head_title(layer, column)
    else:
        token = f"{position_number(column)} {plain(patched.tokens[0][column])}"
        what = _("state that enters {layer} at {token}").format(layer=layer_label(layer), token=token)
    share = number(float(patched.shares[layer, column]), 4, signed=True) if patched.has_way else "–"
    shift = number(float(patched.shifts[layer, column]), 4, signed=True)
    return _("{what}: {share} of the way, logit difference {shift}").format(what=what, share=share, shift=shift)


def _layout(patched: Patched, names: list[str], shown: list[str]) -> dict:
    across = _("head") if patched.what == "heads" else _("token of A, ← of B where they differ")
    axis = {"type": "category", "fixedrange": True, "showgrid": False}
    room = 60 if patched.what == "heads" else label_px(shown)
    return {
        "xaxis": {
            "title": {"text": across},
            "side": "top",
            "tickmode": "array",
            "tickvals": names,
            "ticktext": shown,
            "tickangle": 0 if patched.what == "heads" else -50,
            **axis,
        },
        "yaxis": {"title": {"text": _("layer")}, "autorange": "reversed", **axis},
        "height": _AROUND_PX + room + _ROW_PX * patched.model.n_layers,
        "margin": {"l": 50, "r": 8, "t": 44 + room, "b": 8},
        "dragmode": False,
    }
