"""Show a class: which lesson, who answered what, question by question, and the claims."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.hand_ins import claims, form, question_panel
from pages.ui.markdown import literal
from viz.analysis import tables
from viz.engine.local import engine
from viz.errors import VizError
from viz.names import position_number
from viz.packs import class_table, classroom
from viz.packs.class_claims import Retested
from viz.packs.classroom import Classroom
from viz.packs.handed_in import HandIn
from viz.packs.shelf import OpenPack
from viz.text import _, language, ngettext, number, sentence

_CLASS, _PACK = "hand_ins_class", "hand_ins_pack"
TABLE_PX = 420


@dataclass(slots=True)
class Judged:
    """Hold a class that was judged, and of its claims those that were tested again so far."""

    asked: tuple
    of: Classroom | None
    missing: list[VizError]
    retested: list[Retested] = field(default_factory=list)


def show(read: form.Read, own: Sequence[OpenPack]) -> None:
    """Draw all of a class that played one lesson."""
    name = _lesson(read)
    if name is None:
        return
    judged = _judged(read, name, own)
    for error in {sentence(error): error for error in judged.missing}.values():
        st.warning(literal(sentence(error)))
    if judged.of is None:
        return
    _say_what_to_know(judged.of)
    _students(judged.of, judged.retested)
    question_panel.questions(judged.of)
    if claims.panel(judged.of, judged.retested):
        st.rerun()  # the table above shows the verdicts


def _lesson(read: form.Read) -> str | None:
    """Give the name of the lesson that is looked at; where there are several it is chosen."""
    found = classroom.by_pack(read.hand_ins)
    if len(found) < 2:
        return next(iter(found), None)
    counts = {name: number(len(of)) for name, of in found.items()}
    if st.session_state.get(_PACK) not in found:
        st.session_state[_PACK] = next(iter(found))
    return st.selectbox(
        _("Lesson (hand-ins of several were opened)"),
        list(found),
        key=_PACK,
        format_func=lambda name: _("{lesson}: {n} hand-ins").format(lesson=name, n=counts[name]),
    )


def _judged(read: form.Read, name: str, own: Sequence[OpenPack]) -> Judged:
    """Judge the class, once for these files, this lesson and this language."""
    asked = (read, name, tuple(pack.digest for pack in own), language())
    bar = st.empty()  # keeps its place where it is not needed
    known: Judged | None = st.session_state.get(_CLASS)
    if known is None or known.asked != asked:
        hand_ins = classroom.by_pack(read.hand_ins)[name]
        known = st.session_state[_CLASS] = _judge(asked, hand_ins, own, bar)
    return known


def _judge(asked: tuple, hand_ins: list[HandIn], own: Sequence[OpenPack], bar: DeltaGenerator) -> Judged:
    there, missing = [], []
    for hand_in in hand_ins:
        try:
            there.append((hand_in, classroom.pack_of(hand_in, own)))
        except VizError as error:
            missing.append(error.with_traceback(None))
    if not there:
        return Judged(asked, None, missing)
    students = classroom.students_of(*zip(*there, strict=True))
    try:
        with engine.aside():
            of = classroom.judged(students, engine.ask, lambda share: bar.progress(share, _("Judging the answers …")))
    finally:
        bar.empty()
    return Judged(asked, of, missing)


def _say_what_to_know(of: Classroom) -> None:
    """Say which lesson it is, and what about its hand-ins may mislead."""
    pack = of.pack.pack
    st.header(literal(pack.title), anchor=False)
    n = len(of.students)
    said = ngettext("{n} student", "{n} students", n).format(n=number(n))
    st.caption(literal(f"{pack.pack} · {pack.model} · {said}"))
    if alike := classroom.named_alike(of.students):
        message = _("Several hand-ins with other answers bear the same name; each is counted: {names}")
        st.info(literal(message.format(names=", ".join(alike))))
    others = [student for student in of.students if not student.played_this_file]
    if others:
        message = ngettext(
            "{n} student played another version of this lesson, which is not here, and is judged by the one that is.",
            "{n} students played another version of this lesson, which is not here, and are judged by the one that is.",
            len(others),
        )
        st.info(message.format(n=number(len(others))))


def _students(of: Classroom, retested: list[Retested]) -> None:
    """Show a row for each student, and offer all answers as CSV."""
    st.header(_("Students"), anchor=False)
    table = class_table.student_table(of, retested)
    titles = {"student": _("student"), "right": _("right at first")} | question_titles(of)
    shown = {titles[name]: column for name, column in table.items()}
    height = "content" if len(of.students) <= 10 else TABLE_PX
    st.dataframe(shown, hide_index=True, height=height, key="hand_ins_table")
    st.caption(
        _(
            "✓ right, ✗ wrong at the first try, by the model's own numbers; no sign: open, for you to read. Of a "
            "claim: whether it holds when it is tested again. “Right at first” counts what the model decides."
        )
    )
    st.download_button(
        _("All answers as CSV"),
        lambda: tables.as_csv(class_table.answer_table(of, retested)),
        f"hand_ins_{of.pack.pack.pack}.csv",
        "text/csv",
        key="hand_ins_csv",
        on_click="ignore",
        icon=":material/download:",
    )


def question_titles(of: Classroom) -> dict[str, str]:
    """Call each question by the number of its part, its own number in it, and its name in the file: ``1.2 look``."""
    return {
        question.id: f"{position_number(part_at)}.{position_number(at)} {question.id}"
        for part_at, part in enumerate(of.pack.pack.parts)
        for at, question in enumerate(part.questions)
    }
