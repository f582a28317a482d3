"""Say what the labels of a text mean whose characters were cut into bytes: ``北·1/3``."""

import streamlit as st

from pages.ui.markdown import literal
from viz.labels import first_in_parts
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _, in_a_row


def say_parts(run: Run) -> None:
    """Explain the first character that lies in several tokens; nothing where none does."""
    place = st.container()  # there in any case: what is below would else move up a place, and be drawn anew
    found = next(filter(None, map(first_in_parts, run.batch.tokens)), None)
    if found is None:
        return
    characters, n = found
    message = _("This model cuts text into bytes: {first} to {last} are the {n} tokens that make up “{characters}”.")
    said = message.format(first=f"{characters}·1/{n}", last=f"{characters}·{n}/{n}", n=n, characters=characters)
    if run.model.checkpoint in SHIPPED:
        said = in_a_row(said, _("It was trained on English alone, so what it guesses here means nothing."))
    place.caption(literal(said))
