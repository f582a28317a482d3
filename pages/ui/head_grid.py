"""Show all heads on one canvas; a click opens the head."""

from pathlib import Path

import streamlit as st

from pages.ui import cache, head_choice
from viz.records import Run

_ASSETS = Path(__file__).resolve().parents[2] / "assets"


def _read(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


_grid = st.components.v2.component("head_grid", html=_read("head_grid.html"), css=_read("head_grid.css"), js=_read("head_grid.js"))
_mark = st.components.v2.component("head_mark", js=_read("head_mark.js"))


def head_grid(run: Run, row: int, key: str = "head_grid") -> None:
    """Draw every head of one row: layers down, heads across."""

    def picked() -> None:
        if place := st.session_state[key].picked:
            head_choice.choose(*place)

    _grid(data=cache.overview_payload(run, row), key=key, on_picked_change=picked)


def mark_head(layer: int, head: int) -> None:
    """Frame the chosen head in the overview, without sending the pictures again."""
    _mark(data={"head": [layer, head]}, key="head_mark", height=0)
