"""Ask for two runs, A and B: each a text and a model, some tokens hidden or none, or a saved run."""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import streamlit as st

from pages.ui.head_panel import Give
from pages.ui.markdown import literal
from pages.ui.opened import TYPES, OpenedFile, brought, offer_opened
from pages.ui.question import Field, Question, arrives, model_field, set_address, submit, whole
from pages.ui.run_facts import say_rows
from viz.engine.local import engine
from viz.engine.requests import Ask, Edit, Translate
from viz.errors import NothingHiddenInTwoStacks, NoTokenNumbers, TwoStacks
from viz.examples import example
from viz.names import position_from_number
from viz.records import Run
from viz.shipped import ALL_SHIPPED, SHIPPED, shipped_names
from viz.text import _

SIDES = ("a", "b")
TEXTS, MODELS = (example("compare", name).splitlines() for name in ("texts", "models"))
OFFERED = ALL_SHIPPED
HIDDEN = "4"  # moves, in the first example


@dataclass(frozen=True, slots=True)
class SideQuestion(Question):
    """Name what one side was asked to run: a model, a text and the numbers of hidden tokens, or a saved run."""

    NAME: ClassVar = "compare"
    FIELDS: ClassVar = (
        Field("text", "compare_text", "text"),
        Field("checkpoint", "compare_model", "model"),
        Field("hidden", "compare_hidden", "hide"),
    )

    checkpoint: str = SHIPPED[0]
    text: str = TEXTS[0]
    hidden: str = ""
    file: OpenedFile | None = None

    @property
    def name(self) -> str:
        """What is said beside its maps."""
        return self.checkpoint if self.file is None else self.file.name

    @property
    def hidden_positions(self) -> tuple[int, ...]:
        """Give the positions of the hidden tokens. Raises ``NoTokenNumbers``."""
        numbers = [whole(part) for part in self.hidden.replace(",", " ").split()]
        if None in numbers:
            raise NoTokenNumbers(text=self.hidden)
        return tuple(sorted({position_from_number(number) for number in numbers if number is not None}))

    def run(self) -> Run:
        """Run the text, or read the saved run; an encoder-decoder writes its target itself.

        Raises what the engine and the file raise, ``NoTokenNumbers`` and ``NothingHiddenInTwoStacks``.
        """
        if self.file is not None:
            return self.file.any_run()
        hidden = self.hidden_positions
        try:
            return engine.ask(Ask(self.checkpoint, (self.text,), self.revision, edit=Edit(hidden) if hidden else None))
        except TwoStacks as error:
            if hidden:
                raise NothingHiddenInTwoStacks(checkpoint=self.checkpoint, shipped=shipped_names()) from error
            return engine.ask(Translate(self.checkpoint, (self.text,), revision=self.revision))

    @property
    def give(self) -> Give:
        """Give the way to the run, for what outlives a run of the page."""
        return partial(SideQuestion.run, self)


def ask() -> dict[str, SideQuestion]:
    """Show both forms and give the questions in them; the first visit finds them filled."""
    if (file := brought()) is not None:
        take_run("a" if _current()["a"].file is None else "b", file)
    questions = _current()
    anew = arrives(SideQuestion.NAME)
    for side, question in questions.items():
        question.put(anew=anew, ending=f"_{side}")
    with st.form("compare_question", border=False):
        for side, column in zip(SIDES, st.columns(2, gap="medium"), strict=True):
            _fields(column, side)
        submit(st, _("Compare"), _take, type="primary")
    _more_ways(questions)
    _write_address(questions)
    return questions


def answer(side: str, question: SideQuestion) -> SideQuestion | None:
    """Run what a side asks and give it; where it cannot be run, say why and give the last one that was."""
    answered = question.answered(SideQuestion.run, place=f"compare_{side}", label=side.upper())
    if answered is None:
        return None
    asked, run = answered
    if asked.file is not None:
        say_rows(run, asked.file.digest)
    return asked


def take_run(side: str, run: OpenedFile) -> None:
    """Compare an opened run on a side; called from callbacks, before the page runs."""
    st.session_state["asked_compare"] = _current() | {side: replace(_current()[side], file=run)}


def _current() -> dict[str, SideQuestion]:
    """Give this visitor's questions; a link brings them along, what it leaves out of B is as in A."""
    if "asked_compare" not in st.session_state:
        given = st.query_params
        first = SideQuestion.from_address(given, "_a")
        says_a = any(f"{field.address}_a" in given for field in SideQuestion.FIELDS)
        otherwise = first if says_a else SideQuestion(text=TEXTS[1])
        asked = {"a": first, "b": SideQuestion.from_address(given, "_b", otherwise)}
        st.session_state["asked_compare"] = asked
    return st.session_state["asked_compare"]


def _fields(place, side: str) -> None:
    text, model, hidden = (f"{side.upper()}: {label}" for label in (_("Text"), _("Model"), _("Hidden tokens")))
    place.text_area(text, key=f"compare_text_{side}", height=80)
    model_column, hidden_column = place.columns(2)
    model_field(model_column, f"compare_model_{side}", model, OFFERED)
    hidden_column.text_input(
        hidden,
        key=f"compare_hidden_{side}",
        placeholder=_("none, or numbers such as 2, 5"),
        help=_("No token may look at these. Their numbers stand under the tokens below, for example: 4 or 2, 5"),
    )


def _more_ways(questions: dict[str, SideQuestion]) -> None:
    """Offer examples, files instead of typing, and say how two checkpoints of one training are compared."""
    row = st.container(horizontal=True, vertical_alignment="center")
    bert, gpt2 = SHIPPED
    examples = {
        _("Example: two texts"): (SideQuestion(bert, TEXTS[0]), SideQuestion(bert, TEXTS[1])),
        _("Example: two models"): (SideQuestion(bert, MODELS[0]), SideQuestion(gpt2, MODELS[1])),
        _("Example: two masks"): (SideQuestion(bert, TEXTS[0]), SideQuestion(bert, TEXTS[0], HIDDEN)),
    }
    for label, sides in examples.items():
        row.button(label, on_click=_show, args=sides)
    with row.popover(_("Two checkpoints of one training"), icon=":material/model_training:"):
        st.markdown(
            _(
                "Give the folder of an earlier checkpoint as the model of A and that of a later one as the model of B, "
                "with the same text: the board shows which heads the training changed between them. Any two folders "
                "that open as models will do; no such pair comes with Headlight."
            )
        )
    with row.popover(_("From files"), icon=":material/upload_file:"):
        for side in SIDES:
            label = _("{side}: a saved run (.npz, .safetensors), opened without its model").format(side=side.upper())
            st.file_uploader(label, TYPES, key=f"compare_file_{side}", on_change=_file_given, args=(side,))
            offer_opened(f"compare_opened_{side}", partial(take_run, side))
    for side, question in questions.items():
        if question.file is not None:
            said = st.container(horizontal=True, vertical_alignment="center")
            message = _("{side} is the saved run {name}.").format(side=side.upper(), name=question.file.name)
            said.caption(literal(message))
            said.button(_("Back to the typed text"), key=f"compare_typed_{side}", on_click=_forget_file, args=(side,))


def _write_address(questions: dict[str, SideQuestion]) -> None:
    """Keep the questions in the address; a file stays out of it, and what is not hidden."""
    for side, question in questions.items():
        written = question.to_address(f"_{side}")
        written |= {} if question.hidden else {f"hide_{side}": None}
        set_address(written if question.file is None else dict.fromkeys(written))


def _take() -> None:
    """Ask what stands in the form; a side that is a saved run stays one."""
    current = _current()
    st.session_state["asked_compare"] = {
        side: SideQuestion.typed(f"_{side}", file=current[side].file) for side in SIDES
    }


def _show(*questions: SideQuestion) -> None:
    asked = dict(zip(SIDES, questions, strict=True))
    for side, question in asked.items():
        question.refill(f"_{side}")
    st.session_state["asked_compare"] = asked


def _file_given(side: str) -> None:
    """Compare an uploaded run."""
    if (file := st.session_state.get(f"compare_file_{side}")) is not None:
        take_run(side, OpenedFile.of(file.name, file.getvalue()))


def _forget_file(side: str) -> None:
    st.session_state["asked_compare"] = _current() | {side: replace(_current()[side], file=None)}
