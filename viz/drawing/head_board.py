"""Draw all heads as a board of numbers on a canvas: layers down, heads across, coloured by one measured job."""

import hashlib

import numpy as np

from viz import theme
from viz.analysis.heads.measures import MEASURES
from viz.drawing.overview import TOP_LEVEL, board_name, margins, pack, widest
from viz.names import map_title, position_number
from viz.records import ModelInfo
from viz.text import _, number, translated
from viz.view import PLAIN, View

TILE_PX = 96  # of the canvas; shown about half as large
WIDEST_PX = 720
_LEFT_OUT = (
    1  # number of the state of a head that the filter leaves out; drawn like a later key, flat and without a number
)
_DARK, _LIGHT = "#0b1f33", "#ffffff"


def board(
    values: np.ndarray,
    model: ModelInfo,
    measure: str,
    *,
    spread: np.ndarray | None = None,
    kept: np.ndarray | None = None,
    own_scale: bool = False,
    largest: float | None = None,
) -> bytes:
    """Pack ``[L, H]`` values of a measure for the browser, each head with its number and both names.

    Shares of attention are coloured from 0 to 1, or with ``own_scale`` to the largest; bits and tokens have no end of
    their own and always go to the largest: of these values, or ``largest``, where two boards share a scale. ``kept``
    (bool ``[L, H]``) leaves heads out, ``spread`` is said beside values.
    """
    is_share = MEASURES[measure].unit == MEASURES["self"].unit
    top = 1.0 if is_share and not own_scale else max(float(np.nanmax(values)) if largest is None else largest, 1e-6)
    header = _header(values, _unit_note(measure), spread, is_random=model.weights == "random")
    header["ends"] = ["0", _number(top)]
    return _packed(header, values / top, kept, theme.WEIGHT_STOPS)


def difference_board(values: np.ndarray, model: ModelInfo, measure: str) -> bytes:
    """Pack differences ``[L, H]``: blue = more in B, orange = less; the scale ends at the largest change either way."""
    return _signed_board(values, model, _("B minus A: blue more, orange less; a click opens the head"))


def attribution_board(values: np.ndarray, model: ModelInfo) -> bytes:
    """Pack what each head wrote into an answer, ``[L, H]``: blue = for it, orange = against it, white = nothing."""
    return _signed_board(values, model, _("logits: blue for the answer, orange against it; a click opens the head"))


def _signed_board(values: np.ndarray, model: ModelInfo, note: str) -> bytes:
    reach = max(float(np.nan_to_num(np.abs(values)).max()), 1e-6)
    header = _header(values, note, None, signed=True, is_random=model.weights == "random")
    header["ends"] = [_number(-reach, signed=True), _number(reach, signed=True)]
    return _packed(header, (values / reach + 1) / 2, None, theme.CHANGE_STOPS)


def moved_board(values: np.ndarray, kind: str, *, is_random: bool, view: View = PLAIN) -> bytes:
    """Pack how far each head of a kind moved, ``[L, H]``, 0 = it looks as before; the scale ends at the largest."""
    top = max(float(np.nan_to_num(values).max()), 1e-6)
    note = _("colour: share of attention that went elsewhere; a click opens the head")
    header = _header(values, note, None, is_random=is_random, kind=kind, view=view)
    n_layers, n_heads = values.shape
    header |= margins(n_layers, n_heads, view.joins(kind)) | {"widest": widest(view, n_heads, WIDEST_PX)}
    header["ends"] = ["0", number(top, 3)]
    return _packed(header, values / top, None, theme.WEIGHT_STOPS)


def _unit_note(measure: str) -> str:
    return _("colour: {unit}; a click opens the head").format(unit=translated(MEASURES[measure].unit))


def _header(
    values: np.ndarray,
    note: str,
    spread: np.ndarray | None,
    *,
    is_random: bool,
    signed: bool = False,
    kind: str = "self",
    view: View = PLAIN,
) -> dict:
    n_layers, n_heads = values.shape
    heads = [(layer, head) for layer in range(n_layers) for head in range(n_heads)]
    label = _("{n_layers} layers down, {n_heads} heads across, one number for each head. Arrow keys choose a head.")
    return {
        "board": board_name(kind),
        "rows": n_layers,
        "columns": n_heads,
        "tile": TILE_PX,
        "widest": WIDEST_PX,
        "titles": [_title(values, spread, at, signed, map_title(view, *at, kind)) for at in heads],
        "names": [_number(float(values[at]), signed) for at in heads],
        "across": [str(position_number(head)) for head in range(n_heads)],
        "down": [_("layer") + " 1", *(str(position_number(layer)) for layer in range(1, n_layers))],
        "real": ["1"] * len(heads),
        "words": {
            "layer": _("layer"),
            "name": _("head"),
            "note": note,
            "label": label.format(n_layers=n_layers, n_heads=n_heads),
            "stamp": _("random weights") if is_random else "",
        },
    }


def _title(values: np.ndarray, spread: np.ndarray | None, at: tuple[int, int], signed: bool, name: str) -> str:
    if np.isnan(values[at]):
        return _("{head}: nothing to measure in this layer").format(head=name)
    value = number(values[at], 4, signed=signed)
    return f"{name}: {value}" if spread is None else f"{name}: {value} ± {number(spread[at], 4)}"


def _packed(header: dict, shares: np.ndarray, kept: np.ndarray | None, stops: tuple[str, ...]) -> bytes:
    """Colour shares 0..1 of the scale; what is not kept, or not measured, has no number and no colour of the scale."""
    measured = np.isfinite(shares)
    levels = np.rint(np.clip(np.where(measured, shares, 0), 0, 1) * TOP_LEVEL).astype(np.uint8)
    header["inks"] = _inks(levels, stops).ravel().tolist()
    kept = measured if kept is None else kept & measured
    if not kept.all():
        levels[~kept] = TOP_LEVEL + _LEFT_OUT
        header["names"] = [name if keep else "" for name, keep in zip(header["names"], kept.ravel())]
    packed = pack(header | {"key": ""}, levels.reshape(-1, 1, 1), stops)
    header["key"] = hashlib.sha256(packed).hexdigest()[:16]  # the browser does not draw the same board twice
    return pack(header, levels.reshape(-1, 1, 1), stops)


def _inks(levels: np.ndarray, stops: tuple[str, ...]) -> np.ndarray:
    """Choose dark or light figures, whichever stands out more from the colour behind them."""
    colours = theme.lookup_table(stops)[np.rint(levels / TOP_LEVEL * 255).astype(int)]
    return np.where(colours @ np.array([0.299, 0.587, 0.114]) > 140, _DARK, _LIGHT)


def _number(value: float, signed: bool = False) -> str:
    """Write a number in at most four signs: ``.87``, ``3.4``, ``+.12``."""
    digits = 2 if abs(value) < 10 else 0 if signed else 1
    text = number(value, digits, signed=signed)
    return text.replace("0", "", 1) if abs(round(value, digits)) < 1 else text
