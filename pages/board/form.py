"""Ask what the head board is measured on: texts and a model, or a saved run; once, or twice for a comparison."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import streamlit as st

from pages.ui import fields, guard, prompt_form
from pages.ui.long_work import ask_measured
from pages.ui.markdown import literal
from pages.ui.opened import TYPES, OpenedFile, brought, offer_opened
from pages.ui.question import Field, Question, arrives, model_field, set_address, submit, whole
from pages.ui.run_facts import say_rows
from viz import settings
from viz.analysis.claims.text import READY, read_sentences
from viz.analysis.heads.boards import Board
from viz.analysis.reasons.contribution import WEIGHT
from viz.engine.local import engine
from viz.engine.requests import MAX_SEED, Measure, RepeatWords
from viz.errors import PromptsUnreadable, Reason
from viz.examples import example
from viz.prompts import read_prompts
from viz.shipped import SHIPPED
from viz.text import _

FIRST, SECOND = example("board", "first"), example("board", "second")
MANY = "\n".join(dict.fromkeys(of.text for ready in READY for of in read_sentences(ready.text)))
ENDINGS = {"a": "", "b": "_b"}  # of the places of each side in the address


@dataclass(frozen=True, slots=True)
class BoardQuestion(Question):
    """Name what a board was asked for: a model and texts (one a line, as typed), or a saved run.

    With a seed, ``repeated``, the texts are random words of the model instead, each written down twice.
    """

    NAME: ClassVar = "board"
    FIELDS: ClassVar = (Field("text", "board_text", "text"), Field("checkpoint", "board_model", "model"))

    checkpoint: str = SHIPPED[0]
    text: str = FIRST
    file: OpenedFile | None = None
    repeated: int | None = None

    @property
    def name(self) -> str:
        """What is shown above the board."""
        return self.checkpoint if self.file is None else self.file.name

    @property
    def texts(self) -> tuple[str, ...]:
        """Give the texts; raises ``NoPrompts``, ``TooManyPrompts`` or ``TooFewWholeWords``, for a file ``NotARun``."""
        if self.file is not None:
            return self.file.run().batch.texts
        if self.repeated is not None:
            return engine.ask(RepeatWords(self.checkpoint, self.repeated, revision=self.revision))
        return tuple(read_prompts(self.text, limit=settings.current().max_texts)[0])

    def board(self, by: str = WEIGHT) -> Board:
        """Measure by weight or by contribution; raises what ``texts`` raises, and what the engine does."""
        if self.file is not None:
            return self.file.board(by)
        texts = self.texts
        return ask_measured(Measure(self.checkpoint, texts, self.revision, by), len(texts))


def ask() -> dict[str, BoardQuestion]:
    """Show the form and give the questions in it, ``"a"`` and, where two are compared, ``"b"``."""
    questions = _current()
    anew = arrives(BoardQuestion.NAME)
    for side, question in questions.items():
        question.put(anew=anew, ending=f"_{side}")
    with st.form("board_question", border=False):
        if len(questions) > 1:
            model = _("Model")
            for side, column in zip(questions, st.columns(2, gap="medium"), strict=True):
                _text_field(column, side, f"{side.upper()}: ")
                model_field(column, f"board_model_{side}", f"{side.upper()}: {model}")
            submit(st, _("Measure both"), _take, type="primary")
        else:
            text_column, choice_column = st.columns([3, 1], vertical_alignment="bottom")
            _text_field(text_column, "a")
            model_field(choice_column, "board_model_a")
            submit(choice_column, _("Measure"), _take, type="primary", width="stretch")
    _more_ways(questions)
    _write_address(questions)
    return questions


def answer(side: str, question: BoardQuestion) -> BoardQuestion | None:
    """Measure what a side asks and give it; where it cannot be measured, say why and give the last one that was."""
    label = side.upper() if side == "b" else ""
    answered = question.answered(BoardQuestion.board, place=f"board_{side}", label=label)
    if answered is None:
        return None
    measured, _board = answered
    if measured.file is not None:
        say_rows(measured.file.run(), measured.file.digest)
    elif measured.repeated is None:
        prompt_form.say_dropped(measured.text, settings.current().max_texts)
    return measured


def _current() -> dict[str, BoardQuestion]:
    """Give this visitor's questions; a link brings them along, the first visit gets the example."""
    if "asked_boards" not in st.session_state:
        given = st.query_params
        asked = {"a": _from_address(given)}
        if {"text_b", "model_b", "repeated_b"} & set(given):
            asked["b"] = _from_address(given, ENDINGS["b"], asked["a"])
        st.session_state["asked_boards"] = asked
    if (file := brought()) is not None:
        st.session_state["asked_boards"] = {"a": replace(BoardQuestion(), file=file)}
    return st.session_state["asked_boards"]


def _from_address(given: Mapping[str, str], ending: str = "", otherwise: BoardQuestion | None = None) -> BoardQuestion:
    """Read a question; a seed that is none asks for the texts."""
    asked = BoardQuestion.from_address(given, ending, otherwise)
    seed = whole(given.get(f"repeated{ending}", ""))
    return replace(asked, repeated=seed if seed is not None and 0 <= seed <= MAX_SEED else None)


def _text_field(place, side: str, before: str = "") -> None:
    label = _("Texts, one a line (up to {n})").format(n=settings.current().max_texts)
    place.text_area(f"{before}{label}", key=f"board_text_{side}", height=104)


def _more_ways(questions: dict[str, BoardQuestion]) -> None:
    """Offer examples, a file instead of typing, and a second board."""
    row = st.container(horizontal=True, vertical_alignment="center")
    row.button(_("Example: one sentence"), on_click=_take, kwargs={"text": FIRST})
    label = _("Example: {n} sentences").format(n=len(MANY.splitlines()))
    row.button(label, on_click=_take, kwargs={"text": MANY})
    st.session_state["board_compare"] = "b" in questions
    row.toggle(_("Compare two inputs or models"), key="board_compare", on_change=_compare_switched)
    _random_words(row)
    with row.popover(_("From a file"), icon=":material/upload_file:"):
        for side in questions:
            label = _(
                "A text file (.txt, one text a line) or a saved run (.npz, .safetensors: measured without a model)"
            )
            st.file_uploader(
                f"{side.upper()}: {label}" if len(questions) > 1 else label,
                ["txt", *TYPES],
                key=f"board_file_{side}",
                on_change=_file_given,
                args=(side,),
            )
            offer_opened(f"board_opened_{side}", partial(_take_file, side))
    for side, question in questions.items():
        if question.file is not None:
            message = _("{side} is the saved run {name}; press Measure to go back to the typed texts.")
            st.caption(literal(message.format(side=side.upper(), name=question.file.name)))
        if question.repeated is not None:
            message = _(
                "{side} has random words of {model}, each text written down twice (seed {seed}); press Measure to go "
                "back to the typed texts."
            )
            seed = question.repeated
            st.caption(literal(message.format(side=side.upper(), model=question.checkpoint, seed=seed)))
    if error := st.session_state.pop("board_file_error", None):
        guard.explain(error)


def _random_words(row) -> None:
    """Offer texts in which every word comes twice, and nothing but the first time foretells the second."""
    with row.popover(_("Random words, twice"), icon=":material/repeat:"):
        st.caption(
            _(
                "Eight texts of twenty random words of the model's vocabulary, each written down twice. In the second "
                "half a head can know the next word only from the first: such a head shows as induction."
            )
        )
        st.number_input(_("Seed"), 0, MAX_SEED, 0, key="board_seed", help=_("The same seed, the same words."))
        st.button(_("Measure random words"), key="board_random", on_click=_take_random)


def _take_random() -> None:
    """Ask for random words of the models in the form; the texts stay in their fields."""
    seed = st.session_state["board_seed"]
    asked = {side: replace(BoardQuestion.typed(f"_{side}"), repeated=seed) for side in _current()}
    st.session_state["asked_boards"] = asked


def _write_address(questions: dict[str, BoardQuestion]) -> None:
    """Keep the questions in the address; a file stays out of it."""
    for side, ending in ENDINGS.items():
        question = questions.get(side)
        written = (question or BoardQuestion()).to_address(ending)
        seed = None if question is None or question.repeated is None else str(question.repeated)
        written |= {f"repeated{ending}": seed}
        in_address = question is not None and question.file is None
        set_address(written if in_address else dict.fromkeys(written))


def _take(**first: str) -> None:
    """Ask what stands in the form, on the first side these values instead."""
    asked = {side: BoardQuestion.typed(f"_{side}", **(first if side == "a" else {})) for side in _current()}
    st.session_state["asked_boards"] = asked


def _compare_switched() -> None:
    first = _current()["a"]
    asked = {"a": first}
    if st.session_state.get("board_compare"):
        second = BoardQuestion(first.checkpoint, SECOND if first.text == FIRST else first.text)
        second.refill("_b")
        asked["b"] = second
    st.session_state["asked_boards"] = asked


def _file_given(side: str) -> None:
    """Take an uploaded text into the field, or measure an uploaded run."""
    asked = dict(_current())
    file = st.session_state.get(f"board_file_{side}")
    if file is None or side not in asked:
        return
    data = file.getvalue()
    if not file.name.lower().endswith(".txt"):
        _take_file(side, OpenedFile.of(file.name, data))
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        st.session_state["board_file_error"] = PromptsUnreadable(
            name=file.name, reason=Reason("it is no text in UTF-8")
        )
        return
    fields.give({f"board_text_{side}": text})
    asked[side] = replace(asked[side], text=text, file=None)
    st.session_state["asked_boards"] = asked


def _take_file(side: str, file: OpenedFile) -> None:
    """Measure a saved run."""
    asked = dict(_current())
    if side in asked:
        st.session_state["asked_boards"] = asked | {side: replace(asked[side], file=file)}
