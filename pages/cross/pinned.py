"""Hold which step of the target is open, which of its words is pinned, and which row of the maps that is.

All three live in the address: ``?step=3&pin=2&look=word``.
"""

import streamlit as st

from pages.ui import head_choice
from pages.ui.question import one_of, set_address, whole
from viz.analysis.cross.steps import Step, steps
from viz.names import position_from_number, position_number
from viz.records import Run

LOOKS = ("writer", "word")  # the row that writes the pinned word, or the row of the word itself


def open_step(run: Run, row: int) -> int:
    """Give the open step, 0-based; the last one where the target has fewer."""
    if "cross_step" not in st.session_state:
        number = whole(st.query_params.get("step", ""))
        st.session_state["cross_step"] = 0 if number is None else position_from_number(number)
    n_steps = len(steps(run, row))
    st.session_state["cross_step"] = step = min(max(st.session_state["cross_step"], 0), n_steps - 1)
    st.query_params["step"] = str(position_number(step))
    return step


def go_to(step: int) -> None:
    """Open a step; called from callbacks, before the page runs."""
    st.session_state["cross_step"] = step
    head_choice.draw_again()


def pinned_step(run: Run, row: int) -> int | None:
    """Give the step that writes the pinned word; None where none is pinned, and the open step counts."""
    if "cross_pin" not in st.session_state:
        number = whole(st.query_params.get("pin", ""))
        st.session_state["cross_pin"] = None if number is None else position_from_number(number)
    pin = st.session_state["cross_pin"]
    if pin is not None and not 0 <= pin < len(steps(run, row)):
        pin = st.session_state["cross_pin"] = None
    set_address({"pin": None if pin is None else str(position_number(pin))})
    return pin


def pin(step: int | None) -> None:
    """Pin the word a step writes, or none; called from callbacks, before the page runs."""
    st.session_state["cross_pin"] = step
    head_choice.draw_again()


def look() -> str:
    """Say which row is shown of a word: the one that writes it, or its own."""
    if "cross_look" not in st.session_state:
        st.session_state["cross_look"] = one_of(*LOOKS)(st.query_params.get("look", "")) or LOOKS[0]
    chosen = st.session_state["cross_look"]
    set_address({"look": None if chosen == LOOKS[0] else chosen})
    return chosen


def shown_step(run: Run, row: int) -> Step:
    """Give the step whose word is looked at: the pinned one, else the open one."""
    pinned = pinned_step(run, row)
    return steps(run, row)[open_step(run, row) if pinned is None else pinned]


def pinned_query(run: Run, row: int) -> int:
    """Give the position of the target whose row is shown."""
    step = shown_step(run, row)
    return step.query if look() == "writer" or step.written is None else step.written
