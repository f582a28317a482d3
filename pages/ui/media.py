"""Fit the frame of every page to paper, to a reader's own colours, and to eyes that want nothing to move.

What Streamlit draws is reached from here; a component's style stands in a tree of its own, so its file says the same.
"""

from pathlib import Path

import streamlit as st

_STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


def fit() -> None:
    """Add the style to the page; it takes no room."""
    st.html(f'<style id="headlight_style">{_STYLE}</style>')
