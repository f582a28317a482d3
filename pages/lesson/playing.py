"""Play a lesson: one part at a time, with its prose, what it shows, its questions, and the way to the next one."""

import streamlit as st

from pages.lesson import handing_in, keeping, opening, shelf
from pages.lesson.links import links
from pages.lesson.opening import Opened
from pages.lesson.prose import prose
from pages.lesson.questions import questions
from pages.lesson.showing import show, tell
from pages.lesson.truths import Truths
from pages.ui.markdown import literal
from viz.names import position_number
from viz.packs import score
from viz.packs.progress import Progress
from viz.packs.schema import Pack, Part
from viz.text import _

_CHOSEN = "lesson_part_chosen"


def play(opened: Opened) -> None:
    """Draw the part that is open."""
    if opened.of is None:
        _ask_for_file(opened)
        return
    pack = opened.pack
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(key="lesson_said_title"):
            st.header(literal(pack.title), anchor=False)
        st.button(_("All lessons"), key="lesson_close", icon=":material/arrow_back:", on_click=opening.close)
    st.caption(literal(shelf.facts(pack)))
    at, part = opening.part_at(pack, keeping.progress(opened).part)
    progress = keeping.turn(opened, at)
    with st.container():  # there or not, what stands below stays where it is, with what is being typed
        keeping.say_how_it_is_kept(opened.place)
    give = Truths(pack)
    _score_and_parts(opened, progress, at, give)
    _part(opened, progress, part, at, give)
    _steps(pack, at)
    if at == len(pack.parts) - 1:
        handing_in.offer(opened, progress)
    _begin_anew(opened.place)


def _ask_for_file(opened: Opened) -> None:
    """Wait for the browser to bring the file of a lesson; where it has none, say so and offer the list."""
    if keeping.waits_for_browser(opened.place):
        st.caption(_("This lesson was opened from a file; looking whether this browser kept it …"))
        return
    st.warning(_("This lesson was opened from a file, which is not kept in this browser. Open the file again."))
    shelf.choose()


def _score_and_parts(opened: Opened, progress: Progress, at: int, give: Truths) -> None:
    pack = opened.pack
    counted = score.score(pack, progress, give)
    st.markdown(literal(score.said(counted)))
    st.session_state[_CHOSEN] = at
    st.selectbox(
        _("Part"),
        range(len(pack.parts)),
        key=_CHOSEN,
        format_func=lambda number: _part_name(pack, progress, number),
        on_change=lambda: opening.turn_to(st.session_state[_CHOSEN]),
    )


def _part_name(pack: Pack, progress: Progress, number: int) -> str:
    """Name a part with its number, and with a tick where all of it is answered."""
    part = pack.parts[number]
    name = _("{number} of {n}: {title}").format(number=position_number(number), n=len(pack.parts), title=part.title)
    return f"{name} ✓" if part.questions and progress.has_all(part) else name


def _part(opened: Opened, progress: Progress, part: Part, at: int, give: Truths) -> None:
    with st.container(key="lesson_part_title"):
        st.subheader(literal(part.title), anchor=False)
    prose(part.prose, f"part_{at}")
    is_told = progress.has_all(part)
    if part.show is not None:
        show(opened.pack, part.show, is_told=is_told)
    links(part.links)
    questions(opened, part, give)
    if part.show is not None:
        tell(opened.pack, part.show, is_told=is_told)


def _steps(pack: Pack, at: int) -> None:
    number = _("{number} of {n}").format(number=position_number(at), n=len(pack.parts))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Back"), key="lesson_back", on_click=opening.turn_to, args=(at - 1,), disabled=at == 0)
        st.markdown(literal(number), width="content")
        is_last = at == len(pack.parts) - 1
        st.button(
            _("Next"), key="lesson_next", type="primary", on_click=opening.turn_to, args=(at + 1,), disabled=is_last
        )


def _begin_anew(place: str) -> None:
    with st.popover(_("Begin anew"), icon=":material/restart_alt:"):
        st.markdown(_("All answers to this lesson go, here and in this browser."))
        st.button(_("Forget my answers"), key="lesson_forget", on_click=keeping.forget, args=(place,))
