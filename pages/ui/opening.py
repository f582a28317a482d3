"""Open a page with “What am I looking at?”: first what will be there, then sentences that are true of what is.

The sentences are computed from the records on the page, and again whenever the open head, text or view changes. What a
page says of its open map is in ``open_map``, which brings Plotly along; this file stands before it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from pages.ui import guard, head_choice
from pages.ui.markdown import literal
from viz.errors import VizError
from viz.text import _

# A way to some of the sentences. It outlives a run of the page, so it holds ways to records and no run.
Say = Callable[[], list[str]]


class Opening:
    """Hold the place of the sentences, closed until a reader opens it: what people come for stays in sight."""

    def __init__(self, will_be: str):
        self._will_be = will_be
        self._place = st.expander(
            _("What am I looking at?"), icon=":material/help:", type="compact", key="what_is_here"
        ).empty()
        self._place.markdown(literal(will_be))

    def say(self, *parts: Say) -> None:
        """Say what these give, one after the other, in place of what will be there."""
        with self._place.container():
            _said(parts, self._will_be)
        head_choice.draw_along(head_choice.OPENING)


def of(sentences: Callable[..., list[str]], give: Callable[[], Any], *values: Any) -> Say:
    """Give the way to the sentences about the record that is given."""
    return partial(_of, sentences, give, values)


def _of(sentences: Callable[..., list[str]], give: Callable[[], Any], values: tuple[Any, ...]) -> list[str]:
    return sentences(give(), *values)


@guard.fragment(key=head_choice.OPENING)
def _said(parts: tuple[Say, ...], will_be: str) -> None:
    """Write the sentences; where a record cannot be made, the page says why, and here is what would be there."""
    try:
        said = [sentence for part in parts for sentence in part()]
    except VizError:
        said = [will_be]
    st.markdown(literal(" ".join(said).replace("。 ", "。")))  # no space follows a Chinese full stop
