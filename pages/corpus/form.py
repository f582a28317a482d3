"""Ask what heads are read over: the sample or an uploaded file, how many of its lines, and a model."""

from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.ui import guard
from pages.ui.question import Field, Question, model_field, set_address, submit, whole
from viz import settings
from viz.analysis.corpus.reading import Reading
from viz.engine.local import engine
from viz.engine.reasons.requests import ReadCorpus
from viz.errors import VizError
from viz.files import corpus
from viz.shipped import SHIPPED
from viz.text import _, number

N_LINES = 200  # at first: read within seconds


@dataclass(frozen=True, slots=True)
class CorpusQuestion(Question):
    """Name what heads are read over: the sample, or the lines of a file, which stays out of the address."""

    NAME: ClassVar = "corpus"
    FIELDS: ClassVar = (
        Field("n_lines", "corpus_lines", "lines", whole, str),
        Field("checkpoint", "corpus_model", "model"),
        Field("count_special", "corpus_special", "special", lambda text: text == "1", lambda value: str(int(value))),
    )

    checkpoint: str = SHIPPED[0]
    n_lines: int = N_LINES
    count_special: bool = False
    file: str = ""
    file_lines: tuple[str, ...] = ()

    @property
    def all_lines(self) -> tuple[str, ...]:
        """Give the lines there are."""
        return self.file_lines or corpus.sample()

    @property
    def lines(self) -> tuple[str, ...]:
        """Give the lines that are read: as many as were asked, from the first on."""
        return self.all_lines[: min(max(self.n_lines, 1), settings.current().max_corpus_lines)]

    @property
    def request(self) -> ReadCorpus:
        """Give what the engine is asked."""
        return ReadCorpus(self.checkpoint, self.lines, self.count_special, self.revision)


def ask() -> CorpusQuestion:
    """Show the form and give the question in it; the first visit finds the sample."""
    question = CorpusQuestion.current()
    question.fill()
    most = min(len(question.all_lines), settings.current().max_corpus_lines)
    st.session_state["corpus_lines"] = min(max(st.session_state.get("corpus_lines", N_LINES), 1), most)
    with st.form("corpus_question", border=False):
        lines_column, model_column, button_column = st.columns([2, 3, 1], vertical_alignment="bottom")
        label = _("Lines to read, of {n}").format(n=number(len(question.all_lines)))
        lines_column.number_input(label, 1, most, key="corpus_lines")
        model_field(model_column, "corpus_model")
        submit(button_column, _("Read"), _take, type="primary", width="stretch")
        st.toggle(_("Count special tokens and punctuation marks as words"), key="corpus_special")
    _more_ways(question)
    set_address(CorpusQuestion().to_address() | question.to_address())
    return question


def answer(question: CorpusQuestion) -> tuple[CorpusQuestion, Reading] | None:
    """Read the corpus; where it cannot be, say why and keep the last answer on the page."""
    if st.session_state.get("corpus_stopped") == question:
        st.info(_("Reading was stopped. Press Read to begin again, with fewer lines for example."))
        return None
    return question.answered(_read)


def _read(question: CorpusQuestion) -> Reading:
    """Ask the engine, with a bar and a button that stops it while it is at it."""
    bar, stop = st.empty(), st.empty()
    begun: list[bool] = []

    def draw(share: float) -> None:
        bar.progress(share, _("Reading {n} lines …").format(n=number(len(question.lines))))
        if not begun:
            begun.append(True)
            stop.button(_("Stop"), key="corpus_stop", icon=":material/stop:", on_click=_stop)

    try:
        return engine.ask(question.request, draw)
    finally:
        bar.empty()
        stop.empty()


def _stop() -> None:
    """Show what was read last, if anything was; the click itself ends the wait, and so the work."""
    last = st.session_state.get("last_corpus")
    if last is None:
        st.session_state["corpus_stopped"] = CorpusQuestion.current()
    else:
        st.session_state["asked_corpus"] = last
        last.refill()


def _more_ways(question: CorpusQuestion) -> None:
    """Offer a file, and the way back to the sample."""
    row = st.container(horizontal=True, vertical_alignment="center")
    with row.popover(_("From a file"), icon=":material/upload_file:"):
        message = _("A text file (.txt), one sentence a line; up to {lines} lines and {mb} MB are read.")
        now = settings.current()
        st.file_uploader(
            message.format(lines=number(now.max_corpus_lines), mb=number(now.max_corpus_mb)),
            ["txt"],
            key="corpus_file",
            on_change=_file_given,
        )
    if question.file:
        row.button(_("Back to the sample"), on_click=_take, kwargs={"file": "", "file_lines": ()})
    if error := st.session_state.pop("corpus_file_error", None):
        guard.explain(error)


def _take(**values) -> None:
    """Ask what stands in the form, of the same file unless it is another one."""
    st.session_state.pop("corpus_stopped", None)
    now = CorpusQuestion.current()
    CorpusQuestion.take(**({"file": now.file, "file_lines": now.file_lines} | values))


def _file_given() -> None:
    given = st.session_state.get("corpus_file")
    if given is None:
        return
    try:
        lines = corpus.lines_of(given.name, given.getvalue())
    except VizError as error:
        st.session_state["corpus_file_error"] = error.with_traceback(None)
        return
    _take(file=given.name, file_lines=lines, n_lines=min(len(lines), N_LINES))
