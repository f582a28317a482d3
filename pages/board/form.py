"""Ask what the head board is measured on: texts and a model, or a saved run; once, or twice for a comparison."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.ui import head_runs
from pages.ui.markdown import literal
from viz.analysis.claims.text import EXAMPLES, read_sentences
from viz.analysis.heads.boards import Board
from viz.errors import PromptsUnreadable, Reason, VizError
from viz.prompts import read_prompts
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _, ngettext, sentence

MAX_TEXTS = 400
TEXTS = {"a": "The turtle moves slow across the [MASK].", "b": "The turtle slow moves across the [MASK]."}
MANY = "\n".join(dict.fromkeys(of.text for example in EXAMPLES for of in read_sentences(example.text)))
MAX_ADDRESS = 1_500  # characters; browsers and chat programs cut longer links


@dataclass(frozen=True, slots=True)
class BoardQuestion:
    """Name what a board was asked for: a model and texts (one a line, as typed), or a saved run."""

    checkpoint: str
    text: str
    file_name: str = ""
    file_digest: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Give the texts; raises ``NoPrompts`` or ``TooManyPrompts``."""
        return tuple(read_prompts(self.text, limit=MAX_TEXTS)[0])


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Hold one board with its texts and the way to the run of each; ``name`` is shown above it."""

    name: str
    board: Board
    texts: tuple[str, ...]
    opened: Callable[[int], tuple[Run, int]]


def ask() -> dict[str, BoardQuestion]:
    """Show the form and give the questions in it, ``"a"`` and, where two are compared, ``"b"``."""
    questions = _current()
    _fill_fields(questions)
    compares = "b" in questions
    with st.form("board_question", border=False):
        if compares:
            for side, column in zip("ab", st.columns(2, gap="medium")):
                with column:
                    _fields(side, compares)
            st.form_submit_button(_("Measure both"), type="primary", on_click=_take_form)
        else:
            text_column, choice_column = st.columns([3, 1], vertical_alignment="bottom")
            _text_field("a", compares, text_column)
            with choice_column:
                _model_field("a", compares)
                st.form_submit_button(_("Measure"), type="primary", width="stretch", on_click=_take_form)
    _more_ways(questions)
    _write_address(questions)
    return questions


def answer(side: str, question: BoardQuestion) -> Side | None:
    """Measure what a side asks; where it cannot be measured, say why and keep its last board on the page."""
    try:
        made = _measured(side, question)
    except VizError as error:
        st.error(literal(f"{side.upper()}: {sentence(error)}" if side == "b" else sentence(error)))
        last = st.session_state.get(f"last_board_{side}")
        if last is None:
            return None
        st.caption(_("Below is still the last answer."))
        return _measured(side, last)
    st.session_state[f"last_board_{side}"] = question
    if made.board.model.weights == "random":
        st.warning(_("The weights of this model are random, not trained: its words and its heads mean nothing."))
    if not question.file_name and (n_dropped := read_prompts(question.text, limit=MAX_TEXTS)[1]):
        message = ngettext("{n} empty line was dropped.", "{n} empty lines were dropped.", n_dropped)
        st.caption(message.format(n=n_dropped))
    return made


def _measured(side: str, question: BoardQuestion) -> Side:
    if question.file_name:
        data = st.session_state["board_data"][question.file_digest]
        run = head_runs.saved_run(data, question.file_name)
        return Side(
            question.file_name, head_runs.saved_board(data, question.file_name), run.batch.texts, lambda row: (run, row)
        )
    texts = question.texts
    bar = st.empty()

    def on_progress(share: float) -> None:
        if len(texts) > head_runs.KEPT_TEXTS:
            bar.progress(share, _("Measuring {n} texts …").format(n=len(texts)))

    board = head_runs.board(question.checkpoint, texts, on_progress)
    bar.empty()
    return Side(
        question.checkpoint, board, texts, lambda row: head_runs.board_text_run(question.checkpoint, texts, row)
    )


def _current() -> dict[str, BoardQuestion]:
    """Give this visitor's questions; a link brings them along, the first visit gets the example."""
    if "asked_boards" not in st.session_state:
        given = st.query_params
        asked = {"a": BoardQuestion(given.get("model", SHIPPED[0]), given.get("text", TEXTS["a"]))}
        if "text_b" in given or "model_b" in given:
            asked["b"] = BoardQuestion(
                given.get("model_b", asked["a"].checkpoint), given.get("text_b", asked["a"].text)
            )
        st.session_state["asked_boards"] = asked
    return st.session_state["asked_boards"]


def _fill_fields(questions: dict[str, BoardQuestion]) -> None:
    """Put the questions into the fields where they are new: coming from another page they would stay empty."""
    arrived = st.session_state.get("form_page") != "board"
    for side, question in questions.items():
        if arrived or f"board_text_{side}" not in st.session_state:
            st.session_state.update({f"board_text_{side}": question.text, f"board_model_{side}": question.checkpoint})
    st.session_state["form_page"] = "board"


def _fields(side: str, compares: bool) -> None:
    _text_field(side, compares, st)
    _model_field(side, compares)


def _text_field(side: str, compares: bool, place) -> None:
    label = _("Texts, one a line (up to {n})").format(n=MAX_TEXTS)
    place.text_area(f"{side.upper()}: {label}" if compares else label, key=f"board_text_{side}", height=104)


def _model_field(side: str, compares: bool) -> None:
    label = _("Model")
    st.selectbox(
        f"{side.upper()}: {label}" if compares else label,
        SHIPPED,
        key=f"board_model_{side}",
        accept_new_options=True,
        help=_("A shipped model, a folder with weights, or a name on the Hub such as bert-base-uncased."),
    )


def _more_ways(questions: dict[str, BoardQuestion]) -> None:
    """Offer examples, a file instead of typing, and a second board."""
    row = st.container(horizontal=True, vertical_alignment="center")
    row.button(_("Example: one sentence"), on_click=_take_example, args=(TEXTS["a"],))
    row.button(_("Example: {n} sentences").format(n=len(MANY.splitlines())), on_click=_take_example, args=(MANY,))
    st.session_state["board_compare"] = "b" in questions
    row.toggle(_("Compare two inputs or models"), key="board_compare", on_change=_compare_switched)
    with row.popover(_("From a file"), icon=":material/upload_file:"):
        for side in questions:
            label = _("A text file (.txt, one text a line) or a saved run (.npz, measured without a model)")
            st.file_uploader(
                f"{side.upper()}: {label}" if len(questions) > 1 else label,
                ["txt", "npz"],
                key=f"board_file_{side}",
                on_change=_file_given,
                args=(side,),
            )
    for side, question in questions.items():
        if question.file_name:
            message = _("{side} is the saved run {name}; press Measure to go back to the typed texts.")
            st.caption(literal(message.format(side=side.upper(), name=question.file_name)))
    if error := st.session_state.pop("board_file_error", None):
        st.error(literal(sentence(error)))


def _write_address(questions: dict[str, BoardQuestion]) -> None:
    """Keep the questions in the address; a text too long for one stays out of it, and a file does."""
    for side in "ab":
        question, end = questions.get(side), "" if side == "a" else "_b"
        fits = question is not None and not question.file_name
        wanted = {
            f"model{end}": question.checkpoint if fits else None,
            f"text{end}": question.text if fits and len(question.text) <= MAX_ADDRESS else None,
        }
        for name, value in wanted.items():
            if value is not None:
                st.query_params[name] = value
            elif name in st.query_params:
                del st.query_params[name]


def _take_form() -> None:
    st.session_state["asked_boards"] = {
        side: BoardQuestion(
            (st.session_state[f"board_model_{side}"] or "").strip() or SHIPPED[0],
            st.session_state[f"board_text_{side}"] or "",
        )
        for side in st.session_state["asked_boards"]
    }


def _take_example(text: str) -> None:
    st.session_state["board_text_a"] = text
    _take_form()


def _compare_switched() -> None:
    asked = dict(st.session_state["asked_boards"])
    if st.session_state["board_compare"]:
        first = asked["a"]
        asked["b"] = BoardQuestion(first.checkpoint, TEXTS["b"] if first.text == TEXTS["a"] else first.text)
        st.session_state.update(board_text_b=asked["b"].text, board_model_b=asked["b"].checkpoint)
    else:
        asked.pop("b", None)
    st.session_state["asked_boards"] = asked


def _file_given(side: str) -> None:
    """Take an uploaded text into the field, or measure an uploaded run."""
    if (file := st.session_state[f"board_file_{side}"]) is None:
        return
    data, asked = file.getvalue(), dict(st.session_state["asked_boards"])
    if file.name.lower().endswith(".npz"):
        digest = hashlib.sha256(data).hexdigest()
        asked[side] = BoardQuestion(asked[side].checkpoint, asked[side].text, file.name, digest)
        _keep_data(digest, data, asked)
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            st.session_state["board_file_error"] = PromptsUnreadable(
                name=file.name, reason=Reason("it is no text in UTF-8")
            )
            return
        st.session_state[f"board_text_{side}"] = text
        asked[side] = BoardQuestion(asked[side].checkpoint, text)
    st.session_state["asked_boards"] = asked


def _keep_data(digest: str, data: bytes, asked: dict[str, BoardQuestion]) -> None:
    """Keep an uploaded file as long as a board, shown or asked for, is made from it."""
    last = [st.session_state.get(f"last_board_{side}") for side in "ab"]
    needed = {question.file_digest for question in (*asked.values(), *filter(None, last))}
    kept = {known: of for known, of in st.session_state.get("board_data", {}).items() if known in needed}
    st.session_state["board_data"] = kept | {digest: data}
