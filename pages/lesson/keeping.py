"""Keep the answers to a lesson in the visitor's browser, where a reload, a closed tab and a new server leave them.

They are held in the session meanwhile. What the browser tells is checked like anything that comes from outside.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.components import v2

from pages.lesson import opening
from pages.lesson.opening import Opened
from pages.ui import guard, visit
from viz.packs.errors import PackWrong
from viz.packs.progress import Progress
from viz.packs.schema import Part
from viz.text import _

_KEY, _DRAWN, _TYPED, _CHANGED = "lesson_in_browser", "lesson_drawn", "lesson_typed", "lesson_changed"
_HINTS, _SHOWN = "lesson_hints", "lesson_shown_answers"
_browser = v2.component("lesson_keeping", js=Path(__file__).with_name("keeping.js").read_text(encoding="utf-8"))


def progress(opened: Opened) -> Progress:
    """Give the answers to the lesson that is open; those to questions that it no longer has are let go."""
    assert opened.of is not None
    pack, digest = opened.pack, opened.of.digest
    held = _held().get(opened.place) or Progress(pack.pack, digest)
    if held.digest != digest:
        of_now = held.of_pack(digest, {question.id for question in pack.questions})
        if held.answers:
            _note(opened.place, "changed")
        held = _held()[opened.place] = of_now
    return held


def put(place: str, new: Progress) -> None:
    """Hold new answers; the browser keeps them once the page is drawn."""
    _held()[place] = new


def turn(opened: Opened, at: int) -> Progress:
    """Hold which part is open, and give the answers."""
    held = progress(opened)
    if held.part != at:
        held = _held()[opened.place] = replace(held, part=at)
    return held


def forget(place: str) -> None:
    """Let go of all answers to a lesson, here and in the browser."""
    before = _held().get(place)
    _notes().pop(place, None)
    if before is not None:
        _held()[place] = before.let_go()
        _empty_fields(place, before.answers)
    for read in (opened_hints(), shown_answers()):
        read.difference_update([of for of in read if of[0] == place])
    opening.turn_to(0)


def field_key(place: str, question: str) -> str:
    """Name the field of a question; other lessons may have a question of the same name."""
    return f"lesson_answer_{place}_{question}"


def opened_hints() -> set[tuple[str, str]]:
    """Give the questions, each with its lesson, whose hints were read in this visit."""
    return st.session_state.setdefault(_HINTS, set())


def shown_answers() -> set[tuple[str, str]]:
    """Give the questions, each with its lesson, whose answers were shown on demand."""
    return st.session_state.setdefault(_SHOWN, set())


def draws_anew(place: str, part: Part) -> bool:
    """Tell whether a part was not on the page when it was drawn last, or its answers came since; and note it."""
    now = place, *(question.id for question in part.questions)
    before, st.session_state[_DRAWN] = st.session_state.get(_DRAWN), now
    return before != now


def changed_elsewhere(place: str, question: str) -> bool:
    """Tell whether another tab answered a question since it was drawn here; and note that it is drawn."""
    if is_changed := (place, question) in _changed():
        _changed().discard((place, question))
    return is_changed


def typed_before() -> frozenset[str]:
    """Name the fields that stood in a browser, with what was typed, before it told what it keeps."""
    return st.session_state.get(_TYPED, frozenset())


def say_how_it_is_kept(place: str) -> None:
    """Say what a visitor must know about what is kept: nothing is, or it is not as it was left."""
    trouble = st.session_state.get("lesson_trouble", "")
    if trouble == "none":
        st.warning(_("This browser keeps nothing (a private window?): your answers last until this page is reloaded."))
    elif trouble == "full":
        st.warning(
            _("The storage of this browser is full: your answers last until this page is reloaded. Free some of it.")
        )
    notes = _notes().get(place, set())
    if "broken" in notes:
        st.info(_("What this browser kept of this lesson cannot be read; the lesson begins anew."))
    if "changed" in notes:
        st.info(
            _(
                "You answered another version of this lesson: it was changed, or was in another language. Answers to "
                "questions that are still there are kept."
            )
        )
    if "other" in notes:
        st.info(_("This lesson is open in another tab too; what was answered there stands here now."))


def tell_the_browser(opened: Opened | None) -> None:
    """Give the browser what it is to keep, and ask it for what it has; the last thing that a page does."""
    if opened is not None:
        _exchange(opened.place, _written(opened))


def waits_for_browser(place: str) -> bool:
    """Tell whether the browser has not said yet what it keeps of a lesson."""
    return place not in _heard()


def _written(opened: Opened) -> dict[str, object]:
    held, file = _held().get(opened.place), opened.file
    if held is None and file is not None:
        held = Progress(file.of.pack.pack, file.of.digest)
    if held is not None and not held.answers and not held.begun_anew and file is None:
        held = None
    return {
        "progress": held and held.as_plain(),
        "file": file and {"name": file.name, "text": file.data.decode("utf-8")},
        "language": opened.of.pack.language if opened.of else "",
    }


@guard.fragment(key="lesson_browser")
def _exchange(place: str, written: dict[str, object]) -> None:
    st.session_state["lesson_runs"] = st.session_state.get("lesson_runs", 0) + 1  # what is on the page may be new
    _browser(
        data=written
        | {
            "place": place,
            "session": _session(),
            "heard": place in _heard(),
            "is_broken": "broken" in _notes().get(place, set()),
            "trouble": st.session_state.get("lesson_trouble", ""),
            "turned": st.session_state.pop("lesson_turned", False),
            "run": st.session_state["lesson_runs"],
        },
        key=_KEY,
        on_kept_change=_hear,
        height=0,
    )
    if st.session_state.pop("lesson_is_new", False):
        st.rerun()


def _hear() -> None:
    """Take in what the browser told, if it was told to this session."""
    told = st.session_state[_KEY].kept
    if not isinstance(told, Mapping) or told.get("session") != _session() or not isinstance(told.get("place"), str):
        return
    place, value, trouble = told["place"], told.get("value"), told.get("trouble")
    new_trouble = trouble if trouble in ("none", "full") else ""
    if st.session_state.get("lesson_trouble", "") != new_trouble:
        st.session_state.update(lesson_trouble=new_trouble, lesson_is_new=True)
    if trouble == "broken":
        _note(place, "broken")
        st.session_state["lesson_is_new"] = True
    if place not in _heard():
        _heard().add(place)
        _take(place, value)
    elif told.get("other"):
        _take_over(place, value)


def _take(place: str, value: object) -> None:
    """Go on where the browser's answers end; what was answered since the page was opened stays on top of them."""
    if value is None:
        if place.startswith(opening.OWN):
            st.session_state["lesson_is_new"] = True
        return
    st.session_state["lesson_is_new"] = True
    kept = kept_progress(value)
    if kept is None or not isinstance(value, Mapping):
        _note(place, "broken")
        return
    _open_kept_file(place, value.get("file"))
    since = _held().get(place)
    _held()[place] = kept if since is None else since.over(kept)
    _fill_fields()


def kept_progress(value: object) -> Progress | None:
    """Read the answers of what a browser kept; None where it is nothing that was written here."""
    return Progress.from_plain(value.get("progress")) if isinstance(value, Mapping) else None


def _take_over(place: str, value: object) -> None:
    """Hold also what another tab wrote; where it let go of all answers they go here too. Each tab keeps its part."""
    if value is None:
        return
    kept = kept_progress(value)
    if kept is None:
        _note(place, "broken")
        st.session_state["lesson_is_new"] = True
        return
    held = _held().get(place) or Progress(kept.pack, kept.digest)
    new = held.joined(kept)
    if new == held:
        return
    _held()[place] = new
    changed = {name for name in {*held.answers, *new.answers} if held.answers.get(name) != new.answers.get(name)}
    _empty_fields(place, changed)
    _changed().update((place, name) for name in changed)
    _note(place, "other")
    st.session_state["lesson_is_new"] = True


def _open_kept_file(place: str, file: object) -> None:
    """Open the file that the browser kept, if this session does not have it."""
    if not place.startswith(opening.OWN) or opening.has_file(place) or not isinstance(file, Mapping):
        return
    name, text = file.get("name"), file.get("text")
    if isinstance(name, str) and isinstance(text, str):
        try:
            opening.open_file(name[:120], text.encode("utf-8", errors="replace"))
        except PackWrong:
            _note(place, "broken")


def _fill_fields() -> None:
    """Let the fields be filled when they are drawn next, but for those that a browser brought along."""
    st.session_state[_TYPED] = visit.brought_widgets()
    st.session_state[_DRAWN] = None


def _empty_fields(place: str, questions: Iterable[str]) -> None:
    for question in questions:
        key = field_key(place, question)
        for part in ("", "_sentences", "_words"):
            st.session_state.pop(f"{key}{part}", None)


def _changed() -> set[tuple[str, str]]:
    return st.session_state.setdefault(_CHANGED, set())


def _note(place: str, what: str) -> None:
    _notes().setdefault(place, set()).add(what)


def _session() -> str:
    return st.session_state.setdefault("lesson_session", secrets.token_hex(8))


def _held() -> dict[str, Progress]:
    return st.session_state.setdefault("lesson_progress", {})


def _notes() -> dict[str, set[str]]:
    return st.session_state.setdefault("lesson_notes", {})


def _heard() -> set[str]:
    return st.session_state.setdefault("lesson_heard", set())
