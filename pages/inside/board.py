"""Let a person make an attention mask by hand: a board of queries and keys whose cells are clicked or painted over."""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.components import v2

from viz import theme
from viz.names import position_number
from viz.text import _

_HERE = Path(__file__).resolve().parent
_COLOURS = {
    "allowed": theme.WEIGHT_STOPS[0],
    "hidden": theme.HIDDEN,
    "cross": theme.HIDDEN_CROSS,
    "padding": theme.PADDING,
    "hatch": theme.PADDING_HATCH,
}


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_board = v2.component("mask_board", html=_read("board.html"), css=_read("board.css"), js=_read("board.js"))


def mask_board(
    tokens: tuple[str, ...],
    allowed: np.ndarray,
    fixed: np.ndarray,
    on_change: Callable[[np.ndarray], None],
    key: str = "mask_board",
) -> None:
    """Draw the mask of one prompt; a change calls ``on_change`` with the whole mask, before the page runs.

    ``allowed`` bool ``[T, T]`` says which key (column) a query (row) may look at, ``fixed`` bool ``[T, T]`` which cells
    stay as they are (padding, or what another layer closes). ``on_change`` gets a new bool ``[T, T]``, once for each
    click, drag or stroke of the space bar.
    """
    board = _digest(tokens, fixed)
    answered = f"{key}_answered"

    def painted() -> None:
        if change := st.session_state[key].painted:
            st.session_state[answered] = change["count"]
            if change["board"] == board:  # else: painted on another prompt's board, which is gone
                on_change(np.where(fixed, allowed, _unpacked(change["allowed"], len(tokens))))

    data = {
        "board": board,
        "answered": st.session_state.get(answered, 0),
        "tokens": tokens,
        "names": _names(tokens),
        "allowed": _packed(allowed),
        "fixed": _packed(fixed),
        "colours": _COLOURS,
        "words": _words(),
    }
    _board(data=data, key=key, on_painted_change=painted)


def _packed(cells: np.ndarray) -> str:
    return base64.b64encode(np.packbits(cells).tobytes()).decode()


def _unpacked(text: str, side: int) -> np.ndarray:
    bits = np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=side * side)
    return bits.reshape(side, side).astype(bool)


def _digest(tokens: tuple[str, ...], fixed: np.ndarray) -> str:
    """Name a board, so that a late change of another prompt's is recognised."""
    return hashlib.sha256("\0".join(tokens).encode() + fixed.tobytes()).hexdigest()[:16]


def _names(tokens: tuple[str, ...]) -> list[str]:
    """Tell tokens that occur more than once apart by their position: ``the (1)``, ``the (5)``."""
    times = Counter(tokens)
    return [f"{token} ({position_number(i)})" if times[token] > 1 else token for i, token in enumerate(tokens)]


def _words() -> dict[str, str]:
    """Say what the browser writes around and about the cells."""
    return {
        "keys": _("key →"),
        "queries": _("query ↓"),
        "cell": _("query {query}, key {key}: {state}"),
        "key": _("key {key}, every query: {state}"),
        "query": _("query {query}, every key: {state}"),
        "allowed": _("allowed"),
        "hidden": _("hidden"),
        "partly": _("partly hidden"),
        "fixed": _("cannot be changed"),
        "help": _(
            "Click a cell or drag over several; click a name for its whole column or row. "
            "Keyboard: arrow keys move, the space bar hides or allows."
        ),
    }
