"""Guide through the page, a step at a time: a box stands beside the part it speaks of. Nobody is made to take it.

It is offered until it was taken or turned down, which the visit remembers, and it opens by address, ``?tour=1``.
"""

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.components import v2

from pages.masked_word.tour_says import places_of, said
from pages.ui import guard, view_choice, visit
from pages.ui.question import set_address, whole
from viz.names import position_from_number, position_number
from viz.records import Run
from viz.text import _

TOUR = "tour"  # what it is called in the address, in the session and among the parts of the page

_lead = v2.component("tour", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"))


def offer(column) -> None:
    """Offer the tour to who has neither taken it nor turned it down in this visit, and is not on it."""
    if _number_asked() is not None or st.session_state.get(TOUR) or visit.has_seen(TOUR):
        return
    row = column.container(horizontal=True, horizontal_alignment="right", gap="small", key="tour_offer")
    row.button(_("Take the tour"), key="tour_take", icon=":material/signpost:", on_click=_go_to, args=("sentence",))
    row.button(_("Not now"), key="tour_decline", type="tertiary", on_click=_decline)


def begin(run: Run) -> tuple[str, ...]:
    """Give the parts that the tour of an answer leads to, in order; an address begins it at a step."""
    places = places_of(run)
    if (number := _number_asked()) is not None:
        st.session_state[TOUR] = places[min(max(position_from_number(number), 0), len(places) - 1)]
    if (place := st.session_state.get(TOUR)) and place not in places:
        st.session_state[TOUR] = places[0]  # of another text some part may be missing
    _write_address(places)
    return places


@guard.fragment(key=TOUR)
def box(places: tuple[str, ...], give: Callable[[], Run], place: str) -> None:
    """Speak of a part of the page, where the tour has come to it."""
    _write_address(places)
    if st.session_state.get(TOUR) != place:
        return
    run, at = give(), places.index(place)
    with st.container(border=True, gap="small", key=f"tour_box_{place}"):
        step = _("Tour, step {n} of {all}")
        st.caption(step.format(n=position_number(at), all=len(places)))
        st.markdown(said(place, run, view_choice.current(run)))
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            _buttons(places, at)
        _lead(data={"place": place}, key="tour_lead", height=0)


def _buttons(places: tuple[str, ...], at: int) -> None:
    place, is_last = places[at], at == len(places) - 1
    if is_last:
        st.button(_("End the tour"), key=f"tour_next_{place}", type="primary", on_click=_leave)
    else:
        st.button(_("Next"), key=f"tour_next_{place}", type="primary", on_click=_move_to, args=(places[at + 1],))
    before = places[max(at - 1, 0)]
    st.button(_("Back"), key=f"tour_back_{place}", on_click=_move_to, args=(before,), disabled=at == 0)
    if not is_last:
        st.button(_("Leave the tour"), key=f"tour_leave_{place}", type="tertiary", on_click=_leave)


def _number_asked() -> int | None:
    """Give the step that an address asks for; what was written there by the tour itself asks for nothing."""
    given = st.query_params.get(TOUR)
    return None if given is None or given == st.session_state.get("tour_written") else whole(given)


def _write_address(places: tuple[str, ...]) -> None:
    place = st.session_state.get(TOUR)
    st.session_state["tour_written"] = str(position_number(places.index(place))) if place in places else None
    set_address({TOUR: st.session_state["tour_written"]})


def _go_to(place: str) -> None:
    st.session_state[TOUR] = place


def _move_to(place: str) -> None:
    _go_to(place)
    st.rerun(TOUR)


def _decline() -> None:
    st.session_state[TOUR] = None
    visit.see(TOUR)


def _leave() -> None:
    _decline()
    st.rerun([TOUR, visit.BROWSER])
