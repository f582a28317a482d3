"""Say what a remembered run is of, and lead back to the page and the address where it was asked."""

import streamlit as st

from pages.ui.language_choice import spoken
from pages.ui.remembered import Remembered
from viz.text import ngettext


def size_of(run: Remembered) -> str:
    """Say how many texts a run has, and how long they are."""
    texts = ngettext("{n} text of {tokens} tokens", "{n} texts of {tokens} tokens", run.n_texts)
    return texts.format(n=run.n_texts, tokens=run.n_tokens)


def lead_back(run: Remembered) -> None:
    """Go where a run was asked; that page reads its address only if it remembers no other question."""
    st.session_state.pop(run.question, None)
    go(run.page, dict(run.address))


def go(page: str, address: dict[str, str]) -> None:
    """Go to a page of ours at an address, in the language that is spoken."""
    st.switch_page(f"pages/{page}/page.py", query_params=address | spoken())
