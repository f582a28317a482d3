"""Turn errors into sentences, so that no page ends in a traceback.

An error of ours is said as it is. Any other gets a short id that stands on the page and in the log.
"""

import functools
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import streamlit as st

from pages.ui import turns, waiting
from pages.ui.markdown import literal
from viz import journal
from viz.errors import N_, NoWordHead, VizError, WordHeadMissing
from viz.text import sentence, translated

log = logging.getLogger("headlight")

UNFORESEEN = N_(
    "Something went wrong here that should not have (error {number}). What you typed is kept. Try again; if it "
    "comes again, tell whoever runs this server the number: it stands in the log with what happened."
)

Parameters = ParamSpec("Parameters")
Made = TypeVar("Made")


@contextmanager
def page() -> Iterator[None]:
    """Draw a page, or a part of it, in turn; what goes wrong inside is said in its place."""
    with turns.drawing(), waiting.place():
        try:
            yield
        except VizError as error:
            explain(error)
        except Exception as error:
            _explain_unforeseen(error)


def fragment(*, key: str | None = None, run_every: float | None = None):
    """Make a part of a page that runs again alone, as ``st.fragment`` does, with the same guard."""

    def decorate(draw: Callable[Parameters, None]) -> Callable[Parameters, None]:
        @functools.wraps(draw)
        def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
            with page():
                draw(*args, **kwargs)

        return st.fragment(guarded, key=key, run_every=run_every)

    return decorate


def explain(error: VizError, label: str = "") -> None:
    """Say an error of ours in the reader's language; ``label`` names what it is of, where there are two.

    That a model has no words is no mistake of anybody's, and is said calmly.
    """
    say = st.info if isinstance(error, (NoWordHead, WordHeadMissing)) else st.error
    say(literal(f"{label}: {sentence(error)}" if label else sentence(error)))


def attempt(make: Callable[Parameters, Made], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Made | None:
    """Give what is made, or say why it cannot be and give None."""
    try:
        return make(*args, **kwargs)
    except VizError as error:
        explain(error)
        return None


def _explain_unforeseen(error: Exception) -> None:
    number = secrets.token_hex(3)
    log.exception("error %s", number)
    journal.write_error(number, error)
    st.error(translated(UNFORESEEN).format(number=number))
