"""Hold which prompt of a batch is open; it lives in the address (``?prompt=2``) as the open head does."""

import streamlit as st

from pages.ui import fields, head_choice
from pages.ui.question import whole
from viz.labels import shortened
from viz.names import position_from_number, position_number
from viz.records import Run
from viz.text import _


def choose(row: int) -> None:
    """Open a prompt; called from callbacks, before the page runs."""
    st.session_state["open_prompt"] = row
    head_choice.draw_again()


def chosen(n_rows: int) -> int:
    """Give the open prompt as a 0-based row, the last one where the batch has fewer."""
    if "open_prompt" not in st.session_state:
        number = whole(st.query_params.get("prompt", ""))
        st.session_state["open_prompt"] = 0 if number is None else position_from_number(number)
    row = min(max(st.session_state["open_prompt"], 0), n_rows - 1)
    st.query_params["prompt"] = str(position_number(row))
    return row


def prompt_name(run: Run, row: int, limit: int = 60) -> str:
    """Give a prompt's text, shortened to fit a line."""
    return shortened(run.batch.texts[row], limit)


def control(n_rows: int, *, whole_page: bool = False, label: str | None = None) -> int:
    """Show a button a prompt and give the open one; ``whole_page`` where more than the head's parts shows it."""
    row = chosen(n_rows)
    st.session_state["prompt_number"] = row
    st.segmented_control(
        label or _("Prompt"),
        range(n_rows),
        key="prompt_number",
        format_func=lambda at: str(position_number(at)),
        required=True,
        on_change=_keep if whole_page else _clicked,
    )
    return row


def _keep() -> None:
    if not _is_from_before():
        st.session_state["open_prompt"] = st.session_state["prompt_number"]


def _clicked() -> None:
    if not _is_from_before():
        choose(st.session_state["prompt_number"])


def _is_from_before() -> bool:
    shown, now = (str(position_number(st.session_state[key])) for key in ("prompt_number", "open_prompt"))
    return fields.is_from_before("prompt", shown, now)
