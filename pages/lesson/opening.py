"""Hold which lesson is open, and which part of it: both live in the address, ``?pack=padding-matters&part=2``.

A pack that was opened from a file is called ``own:its-name`` there, which no pack of the list can be; its file is kept
in the browser beside the answers, so that a reload finds it.
"""

from dataclasses import dataclass

import streamlit as st

from pages.ui.guard import explain
from pages.ui.question import arrives, set_address, whole
from viz.errors import VizError
from viz.names import position_from_number, position_number
from viz.packs import shelf
from viz.packs.schema import Pack, Part
from viz.packs.shelf import OpenPack
from viz.text import language

OWN = "own:"
_PLACE, _TAKEN, _OWN, _PART = "lesson_place", "lesson_address", "lesson_own", "lesson_part"


@dataclass(frozen=True, slots=True)
class OwnFile:
    """Hold the file of a pack that a visitor opened."""

    name: str
    data: bytes
    of: OpenPack


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold the lesson that is open: the name it has in the address and in the browser, and the pack.

    ``of`` None is a pack from a file that this server does not have: the browser is asked for it.
    """

    place: str
    of: OpenPack | None
    file: OwnFile | None = None

    @property
    def pack(self) -> Pack:
        """Give the pack, which is there."""
        assert self.of is not None
        return self.of.pack


def ask() -> Opened | None:
    """Give the lesson that the address or this visit has open; None where one is to be chosen."""
    _follow_address()
    place = st.session_state.get(_PLACE)
    opened = None if place is None else _opened(place)
    if opened is None:
        st.session_state[_PLACE] = None
    _write_address()
    return opened


def _follow_address() -> None:
    """Take what the address asks for, unless it is what was written there last; a menu's link asks for nothing."""
    given = st.query_params.get("pack"), st.query_params.get("part")
    if is_new := arrives("lesson"):
        st.session_state["lesson_drawn"] = None
    if is_new and given[0] is None:
        return
    if given != st.session_state.get(_TAKEN):
        number = whole(given[1] or "")
        close() if given[0] is None else open_place(given[0][:80])
        st.session_state[_PART] = None if number is None else position_from_number(number)


def _write_address() -> None:
    place, part = st.session_state.get(_PLACE), st.session_state.get(_PART)
    given = place, None if place is None or part is None else str(position_number(part))
    st.session_state[_TAKEN] = given
    set_address({"pack": given[0], "part": given[1]})


def _opened(place: str) -> Opened | None:
    if place.startswith(OWN):
        own = _own_files().get(place)
        return Opened(place, None if own is None else own.of, own)
    try:
        return Opened(place, shelf.find(place, language()))
    except VizError as error:
        explain(error)
        return None


def _own_files() -> dict[str, OwnFile]:
    return st.session_state.setdefault(_OWN, {})


def open_place(place: str) -> None:
    """Open a lesson by its name, at the part where its answers end."""
    st.session_state.update({_PLACE: place, _PART: None})


def enter(place: str) -> None:
    """Open a lesson that was chosen on the page, and let the page begin at its first part."""
    open_place(place)
    st.session_state["lesson_turned"] = True


def open_file(name: str, data: bytes) -> str:
    """Open a lesson from a file; gives its place. Raises ``PackWrong``."""
    of = shelf.opened(data, name)
    place = f"{OWN}{of.pack.pack}"
    _own_files()[place] = OwnFile(name, data, of)
    return place


def has_file(place: str) -> bool:
    """Tell whether this session has the file of a lesson."""
    return place in _own_files()


def close() -> None:
    """Go back to the list."""
    st.session_state.update({_PLACE: None, _PART: None})


def part_at(pack: Pack, kept: int) -> tuple[int, Part]:
    """Give the part that is open and its place; where none was asked for, the one that was open last time."""
    asked = st.session_state.get(_PART)
    at = min(max(kept if asked is None else asked, 0), len(pack.parts) - 1)
    return at, pack.parts[at]


def turn_to(at: int) -> None:
    """Open a part, at which the page begins then; called from callbacks, before the page runs."""
    st.session_state.update({_PART: at, "lesson_turned": True})
