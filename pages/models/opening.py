"""Open a model in another page: which pages can show it, and with what text they begin."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from viz.examples import example
from viz.listing import Kind, ListedModel
from viz.text import _


@dataclass(frozen=True, slots=True)
class Door:
    """Lead to a page; ``keeps`` names what it remembers of this visit, which a new address gives way to."""

    page: str
    label: Callable[[], str]
    keeps: tuple[str, ...]


MASKED_WORD = Door("masked_word", lambda: _("Masked word"), ("asked_sentence",))
BOARD = Door("board", lambda: _("Head board"), ("asked_boards",))
INSIDE = Door("inside", lambda: _("Inside the mask"), ("asked_inside",))
CROSS = Door("cross", lambda: _("Translate and cross-attention"), ("asked_cross",))

DOORS: dict[Kind, tuple[Door, ...]] = {
    "masked": (MASKED_WORD, BOARD, INSIDE),
    "causal": (MASKED_WORD, BOARD, INSIDE),
    "encoder": (BOARD, INSIDE),
    "two stacks": (CROSS,),
    "": (),
}


def doors(kind: Kind) -> tuple[Door, ...]:
    """List the pages that can show a model of a kind."""
    return DOORS[kind]


def open_in(door: Door, model: ListedModel) -> None:
    """Go to a page with this model and a text that it can read; a page reads its address only at its first visit."""
    for name in door.keeps:
        st.session_state.pop(name, None)
    asked = {"model": model.checkpoint, "text": _text(door, model.kind)}
    language = {"lang": st.query_params["lang"]} if "lang" in st.query_params else {}
    st.switch_page(f"pages/{door.page}/page.py", query_params=asked | language)


def _text(door: Door, kind: Kind) -> str:
    """Choose a ready text: with a mask where words are guessed at one, else without."""
    if door is CROSS:
        return example("cross", "swap")
    if door is INSIDE:
        return example("inside", "padded" if kind == "masked" else "beginnings")
    if kind == "causal":
        return next(line for line in example("masked_word", "sentences").splitlines() if "[MASK]" not in line)
    return example("board", "first") if kind == "masked" else example("claims", "plain")
