"""Offer three ways in: a sentence, a batch, a lesson."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.start import menu
from pages.ui.language_choice import spoken
from viz.text import _

TOUR = {"tour": "1"}


@dataclass(frozen=True, slots=True)
class Door:
    """Lead to a page; ``says`` what happens behind it. ``tour`` offers its guided tour besides."""

    page: str
    icon: str
    name: Callable[[], str]
    says: Callable[[], str]
    tour: bool = False


DOORS = (
    Door(
        "masked_word",
        "theater_comedy",
        lambda: _("A sentence"),
        lambda: _("One sentence with a hidden word: the best guesses, all heads, and one head, cell by cell."),
        tour=True,
    ),
    Door(
        "batch",
        "table_rows",
        lambda: _("A batch"),
        lambda: _("Prompts of different length become one tensor: what is padding, what is masked, what comes next."),
    ),
    Door(
        "lesson",
        "school",
        lambda: _("A lesson"),
        lambda: _("A class pack, step by step: predict first, then look; answers are checked against the model."),
    ),
)


def doors() -> None:
    """Draw the doors whose page is in the menu, side by side."""
    titles = menu.titles()
    there = [door for door in DOORS if door.page in titles]
    for door, place in zip(there, st.columns(len(there)), strict=True):
        with place.container(border=True, height="stretch", key=f"door_{door.page}"):
            _draw(door, titles[door.page])


def _draw(door: Door, title: str) -> None:
    st.header(door.name(), anchor=False)  # an icon in a heading would be read out, in English
    st.markdown(door.says())
    file = f"pages/{door.page}/page.py"
    st.page_link(file, label=title, icon=f":material/{door.icon}:", query_params=spoken())
    if door.tour:
        st.page_link(file, label=_("Guided tour"), icon=":material/signpost:", query_params=TOUR | spoken())
