"""Take the files of a class, and say which were read, which were not, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui.guard import explain
from pages.ui.markdown import literal
from viz.engine.local import engine
from viz.errors import VizError
from viz.packs import handed_in, shelf
from viz.packs.handed_in import MAX_HAND_INS, HandIn, LeftOut
from viz.packs.shelf import OpenPack
from viz.text import _, ngettext, number, sentence

_FILES, _PACKS, _READ, _ARE_NEW = "hand_ins_files", "hand_ins_packs", "hand_ins_read", "hand_ins_are_new"
MOST_LISTED = 50  # files that were left out


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Hold what was read of the files that were given last; each reading is another one."""

    hand_ins: tuple[HandIn, ...]
    left_out: tuple[LeftOut, ...]


def hand_ins() -> Read | None:
    """Show the field for the files, and read those that are new, with a bar; None where there are none."""
    label = _("Hand-ins (.zip), up to {n}; also one ZIP of them, as learning platforms give it")
    st.file_uploader(
        label.format(n=MAX_HAND_INS), ["zip"], accept_multiple_files=True, key=_FILES, on_change=_mark_as_new
    )
    bar = st.empty()  # keeps its place where it is not needed: what moves is built anew, and an open menu closes
    if st.session_state.get(_ARE_NEW):
        st.session_state[_READ] = _read(st.session_state.get(_FILES) or [], bar)
        st.session_state[_ARE_NEW] = False  # a click that breaks the reading off begins it again
    read: Read | None = st.session_state.get(_READ)
    if read is None or not (read.hand_ins or read.left_out):
        return None
    return read


def packs() -> tuple[OpenPack, ...]:
    """Give the packs that the teacher opened; their field stands where it is needed least, below a click."""
    with st.popover(_("A lesson of your own"), icon=":material/upload_file:"):
        st.caption(_("If the class played a lesson that this server does not offer, or another version of one."))
        given = st.file_uploader(
            _("Class pack (.yaml)"), ["yaml", "yml"], accept_multiple_files=True, key=_PACKS, max_upload_size=1
        )
    opened = []
    for file in given or []:
        try:
            opened.append(shelf.opened(file.getvalue(), file.name))
        except VizError as error:
            explain(error)
    return tuple(opened)


def _mark_as_new() -> None:
    st.session_state[_ARE_NEW] = True


def _read(files: list, bar: DeltaGenerator) -> Read:
    """Read all files, with a bar; others draw their pages meanwhile."""
    hand_ins, left_out = [], []
    try:
        with engine.aside():
            for found in handed_in.read(_one_by_one(files, bar)):
                (hand_ins if isinstance(found, HandIn) else left_out).append(found)
    finally:
        bar.empty()
    return Read(tuple(hand_ins), tuple(left_out))


def _one_by_one(files: list, bar: DeltaGenerator) -> Iterator[tuple[str, BinaryIO]]:
    for done, file in enumerate(files):
        bar.progress(done / len(files), _("Reading: {n} of {all} files").format(n=number(done), all=number(len(files))))
        yield file.name, file


def say(read: Read) -> None:
    """Say how many were read, and of each that was not what is wrong with it and what to do."""
    n = len(read.hand_ins)
    said = ngettext("{n} hand-in was read.", "{n} hand-ins were read.", n).format(n=number(n))
    if not read.left_out:
        st.success(said, icon=":material/check_circle:")
        return
    n_out = len(read.left_out)
    more = ngettext("{n} file is left out:", "{n} files are left out:", n_out).format(n=number(n_out))
    listed = "\n".join(f"- {literal(sentence(of.error))}" for of in read.left_out[:MOST_LISTED])
    rest = n_out - MOST_LISTED
    if rest > 0:
        listed += "\n- " + _("… and {n} more").format(n=number(rest))
    st.warning(f"{said} {more}\n\n{listed}", icon=":material/warning:")
