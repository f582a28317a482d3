"""Show a switch for every head: layers down, heads across, coloured by how brightly each attends."""

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.components import v2

from viz import theme
from viz.analysis.heads.switch_off import Head
from viz.names import head_title
from viz.records import ModelInfo
from viz.text import _

_HERE = Path(__file__).resolve().parent
_COLOURS = [f"rgb({r},{g},{b})" for r, g, b in theme.lookup_table(theme.WEIGHT_STOPS).tolist()]


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_board = v2.component("switch_board", html=_read("board.html"), css=_read("board.css"), js=_read("board.js"))


def switch_board(
    model: ModelInfo,
    bright: np.ndarray,
    off: Collection[Head],
    on_change: Callable[[frozenset[Head], Head | None], None],
    key: str = "switch_board",
) -> None:
    """Draw the switches; a click calls ``on_change`` with all heads that are off and the one clicked, before the run.

    ``bright`` float ``[L, H]`` from 0 to 1 colours them. A click on the number of a layer or of a head switches the
    line and names no single head.
    """
    n_heads = model.n_heads
    board, answered = f"{model.checkpoint} {model.n_layers}x{n_heads}", f"{key}_answered"

    def switched() -> None:
        if change := st.session_state[key].switched:
            st.session_state[answered] = change["count"]
            if change["board"] == board:  # else: clicked on another model's board, which is gone
                last = None if change["last"] is None else divmod(change["last"], n_heads)
                on_change(frozenset(divmod(place, n_heads) for place in change["off"]), last)

    values = bright.ravel().tolist()
    data = {
        "board": board,
        "answered": st.session_state.get(answered, 0),
        "layers": model.n_layers,
        "heads": n_heads,
        "off": sorted(layer * n_heads + head for layer, head in off),
        "titles": [head_title(layer, head) for layer in range(model.n_layers) for head in range(n_heads)],
        "notes": [_("brightness {value:.2f}").format(value=value) for value in values],
        "colours": [_COLOURS[round(255 * min(max(value, 0), 1))] for value in values],
        "scale": _COLOURS[::8],
        "offColours": [theme.HIDDEN, theme.HIDDEN_CROSS],
        "words": _words(),
    }
    _board(data=data, key=key, on_switched_change=switched)


def _words() -> dict[str, str]:
    """Say what the browser writes around the switches."""
    return {
        "corner": _("layer ↓  head →"),
        "label": _("One switch for each head: layers down, heads across. Arrow keys move, the space bar switches."),
        "layer": _("All heads of layer {number}"),
        "head": _("Head {number} of every layer"),
        "on": _("on"),
        "off": _("off"),
        "count": _("heads that are off: {n}"),
        "note": _("how brightly a head attends · ✕ off"),
        "help": _("Click a head to switch it off or on; click a number for its whole layer or column."),
    }
