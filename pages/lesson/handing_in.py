"""Offer what a student did as one file for the teacher; it is made when it is asked for, and sent nowhere."""

from functools import partial

import streamlit as st

from pages.lesson.opening import Opened
from viz.engine.local import engine
from viz.names import folder_name
from viz.packs import hand_in
from viz.packs.progress import Progress
from viz.text import _

MAX_NAME = 120


def offer(opened: Opened, progress: Progress) -> None:
    """Ask for a name, which may stay empty, and offer the file."""
    assert opened.of is not None
    st.subheader(_("Hand in"), anchor=False)
    st.caption(
        _("One file with your answers, maps and runs, for your teacher. Nothing is sent from here: you pass it on.")
    )
    name = st.text_input(_("Your name or an alias (may stay empty)"), key="lesson_student", max_chars=MAX_NAME)
    name = (name or "").strip()[:MAX_NAME]
    st.download_button(
        _("Download the hand-in (ZIP)"),
        partial(hand_in.make, opened.of, progress, name, engine.ask),
        f"{opened.pack.pack}_{folder_name(name)}.zip" if name else f"{opened.pack.pack}.zip",
        "application/zip",
        key="lesson_hand_in",
        on_click="ignore",
        type="primary",
        icon=":material/download:",
    )
