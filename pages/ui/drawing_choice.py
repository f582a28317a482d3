"""Hold how one head is drawn: as a map or as lines, with or without numbers in its cells. It lives in the address.

``?drawing=lines&numbers=1``
"""

import streamlit as st

from pages.ui.markdown import literal
from pages.ui.question import one_of, set_address
from viz.drawing import lines
from viz.drawing.map_sheet import USUAL_NUMBERS, has_room_for_numbers, map_sheet
from viz.drawing.shapes import Sheet
from viz.records import Run
from viz.text import _, sentence

MAP, LINES = "map", "lines"
MOST_NUMBERS = 18  # tokens on a side up to which half a page has room for numbers that can be read


def control(run: Run, kind: str) -> None:
    """Offer map or lines, and numbers where there is room; why a long text has no lines is said."""
    st.session_state["drawing_shown"] = _asked()
    names = {MAP: _("Map"), LINES: _("Lines")}
    row = st.container(horizontal=True, vertical_alignment="center")
    row.segmented_control(
        _("Drawing"),
        [MAP, LINES],
        key="drawing_shown",
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_take,
    )
    if _asked() == LINES and not lines.can_be_lines(run, kind):
        st.caption(literal(sentence(lines.too_many(run, kind))))
    if not shows_lines(run, kind) and has_room_for_numbers(run, kind, MOST_NUMBERS):
        st.session_state["numbers_shown"] = shows_numbers(run, kind)
        row.toggle(_("Numbers in the cells"), key="numbers_shown", on_change=_take_numbers)
    numbers = _asked_numbers()
    set_address(
        {
            "drawing": LINES if _asked() == LINES else None,
            "numbers": None if numbers is None else "01"[numbers],
        }
    )


def shows_lines(run: Run, kind: str) -> bool:
    """Tell whether lines are drawn: they were asked for, and the text is short enough."""
    return _asked() == LINES and lines.can_be_lines(run, kind)


def shows_numbers(run: Run, kind: str) -> bool:
    """Tell whether cells hold their number: as it was asked for, else where the text is very short."""
    asked = _asked_numbers()
    usual = has_room_for_numbers(run, kind, USUAL_NUMBERS)
    return has_room_for_numbers(run, kind, MOST_NUMBERS) and (usual if asked is None else asked)


def sheet(run: Run, place: tuple[int, int, int], kind: str, *, as_lines: bool, numbers: bool) -> Sheet:
    """Lay out a head for a vector file as it is drawn on the page."""
    return lines.lines_sheet(run, *place, kind) if as_lines else map_sheet(run, *place, kind, numbers=numbers)


def _asked() -> str:
    if "drawing" not in st.session_state:
        st.session_state["drawing"] = one_of(LINES)(st.query_params.get("drawing", "")) or MAP
    return st.session_state["drawing"]


def _asked_numbers() -> bool | None:
    if "numbers" not in st.session_state:
        given = one_of("0", "1")(st.query_params.get("numbers", ""))
        st.session_state["numbers"] = None if given is None else given == "1"
    return st.session_state["numbers"]


def _take() -> None:
    st.session_state["drawing"] = st.session_state["drawing_shown"]


def _take_numbers() -> None:
    st.session_state["numbers"] = st.session_state["numbers_shown"]
