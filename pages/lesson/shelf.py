"""Choose a lesson: those that this server offers, or a file of one's own."""

import streamlit as st

from pages.lesson import opening
from pages.lesson.prose import prose
from pages.ui.guard import explain
from pages.ui.markdown import literal
from viz.packs import shelf
from viz.packs.errors import PackWrong
from viz.packs.schema import Pack
from viz.text import _, language, language_name, ngettext, sentence

_FILE, _WRONG = "lesson_file", "lesson_wrong"


def choose() -> None:
    """List the lessons, and take a file."""
    st.header(_("Choose a lesson"), anchor=False)
    there = shelf.listed(language())
    for of in there:
        _card(of.pack)
    if not there:
        st.info(_("This server offers no lessons. Open one from a file."))
    _own_file()


def facts(pack: Pack) -> str:
    """Say how long a lesson takes, how much is in it, and its language where that is not the reader's."""
    parts, questions = len(pack.parts), len(pack.questions)
    said = [
        _("{minutes} minutes").format(minutes=pack.minutes),
        ngettext("{n} part", "{n} parts", parts).format(n=parts),
        ngettext("{n} question", "{n} questions", questions).format(n=questions),
    ]
    if pack.language != language():
        said.append(_("in another language: {language}").format(language=language_name(pack.language)))
    return " · ".join(said)


def _card(pack: Pack) -> None:
    with st.container(border=True, key=f"lesson_card_{pack.pack}"):
        with st.container(key=f"lesson_said_title_{pack.pack}"):
            st.subheader(literal(pack.title), anchor=False)
        st.caption(literal(facts(pack)))
        prose(pack.about, f"about_{pack.pack}")
        label = _("Open “{title}”").format(title=pack.title)
        st.button(
            literal(label),
            key=f"lesson_open_{pack.pack}",
            type="primary",
            on_click=opening.enter,
            args=(pack.pack,),
        )


def _own_file() -> None:
    """Open a lesson from a file; what is wrong with it is said line by line."""
    st.header(_("A lesson of your own"), anchor=False)
    st.file_uploader(_("Class pack (.yaml)"), ["yaml", "yml"], key=_FILE, on_change=_file_given)
    wrong = st.session_state.get(_WRONG)
    if wrong is not None:
        _say_wrong(wrong)
    st.markdown(
        _(
            "A pack is a text file. `python -m viz pack check FILE` says what is wrong with one, and what the model "
            "answers."
        )
    )


def _say_wrong(error: PackWrong) -> None:
    if len(error.problems) == 1:
        explain(error)
        return
    message = _("Cannot use the pack '{name}'. What is wrong with it:")
    listed = "\n".join(f"- {literal(sentence(problem.sentence))}" for problem in error.problems)
    st.error(f"{literal(message.format(name=error.values['name']))}\n\n{listed}")


def _file_given() -> None:
    given = st.session_state.get(_FILE)
    st.session_state[_WRONG] = None
    if given is None:
        return
    try:
        opening.enter(opening.open_file(given.name, given.getvalue()))
    except PackWrong as error:
        st.session_state[_WRONG] = error.with_traceback(None)
