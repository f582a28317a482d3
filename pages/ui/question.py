"""Hold what a page was asked: in its form, in the address, and in the visitor's session, with the last good answer."""

import math
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, ClassVar, Protocol, Self, TypeVar

import streamlit as st

from pages.ui import fields, visit
from pages.ui.guard import explain
from viz.errors import VizError
from viz.records import ModelInfo
from viz.shipped import SHIPPED
from viz.text import _

MAX_ADDRESS = 1_500  # characters of a text; browsers and chat programs cut longer links
SIDES = ("left", "right")


class HasModel(Protocol):
    """A record that knows which model it was made with."""

    @property
    def model(self) -> ModelInfo: ...


Answer = TypeVar("Answer", bound=HasModel)


@dataclass(frozen=True, slots=True)
class Field:
    """Tie one field of a question to its widget and its place in the address.

    ``read`` gives the value of what stands in the address, or None where it is none; ``write`` the reverse.
    """

    name: str
    widget: str
    address: str
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str


def one_of(*allowed: str) -> Callable[[str], str | None]:
    """Read a choice; another one is none."""
    return lambda text: text if text in allowed else None


def whole(text: str, most_digits: int = 9) -> int | None:
    """Read a whole number of at most so many digits; a longer one, thousands of digits long, is none."""
    digits = text.removeprefix("-")
    fits = digits.isascii() and digits.isdigit() and len(digits) <= most_digits
    return int(text) if fits else None


def number(text: str) -> float | None:
    """Read a finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def set_address(values: Mapping[str, str | None]) -> None:
    """Write parts of the address; what is None is taken out of it.

    What stands there already is not written again: each time is an entry in the browser's history, and one too early
    stands under the address of the page that was left.
    """
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


@dataclass(frozen=True, slots=True)
class Question:
    """Name what a page was asked; each page has its own kind, with its fields and their first values.

    ``NAME`` is the key of the question in the session; pages that share one share the question. ``revision`` is that of
    the weights that answered: asked with it, an answer is found again when the model has changed or is gone.
    """

    NAME: ClassVar[str]
    FIELDS: ClassVar[tuple[Field, ...]]

    checkpoint: str = SHIPPED[0]
    text: str = ""
    _: KW_ONLY
    revision: str = ""

    @classmethod
    def current(cls) -> Self:
        """Give this visitor's question; a link brings one along, the first visit gets the example."""
        key = f"asked_{cls.NAME}"
        if key not in st.session_state:
            st.session_state[key] = cls.from_address(st.query_params)
        return st.session_state[key]

    @classmethod
    def from_address(cls, given: Mapping[str, str], ending: str = "", otherwise: "Question | None" = None) -> Self:
        """Read a question from an address; what is not there, or no value, is as in the example."""
        example = otherwise or cls()
        values = {}
        for field in cls.FIELDS:
            text = given.get(f"{field.address}{ending}")
            value = None if text is None else field.read(text)
            values[field.name] = getattr(example, field.name) if value is None else value
        return cls(**values)

    def to_address(self, ending: str = "") -> dict[str, str | None]:
        """Write the question for the address; a text too long for one stays out of it."""
        written = {f"{field.address}{ending}": field.write(getattr(self, field.name)) for field in self.FIELDS}
        return {name: text if len(text) <= MAX_ADDRESS else None for name, text in written.items()}

    def fill(self, page: str | None = None) -> None:
        """Put the question into the fields where they are new: coming from another page they would stay empty."""
        self.put(anew=arrives(page or self.NAME))

    def put(self, *, anew: bool, ending: str = "") -> None:
        """Put the question into its fields where they are new, or all must be filled anew.

        What stands in a browser that was there before this server stays.
        ``ending`` tells apart the fields of a form that asks the same twice.
        """
        if anew or f"{self.FIELDS[0].widget}{ending}" not in st.session_state:
            kept = visit.brought_widgets()
            values = self._by_widget(ending).items()
            st.session_state.update({widget: value for widget, value in values if widget not in kept})

    def refill(self, ending: str = "") -> None:
        """Put the question into its fields, whatever stands there; called from callbacks, before the page runs."""
        fields.give(self._by_widget(ending))

    def _by_widget(self, ending: str) -> dict[str, Any]:
        return {f"{field.widget}{ending}": getattr(self, field.name) for field in self.FIELDS}

    @classmethod
    def typed(cls, ending: str = "", **values: Any) -> Self:
        """Give the question that stands in the form, with these values instead, which are put there."""
        widgets = {field.name: f"{field.widget}{ending}" for field in cls.FIELDS}
        fields.give({widgets[name]: value for name, value in values.items() if name in widgets})
        typed = {name: st.session_state.get(widget) for name, widget in widgets.items()}
        typed = {name: value for name, value in typed.items() if value is not None} | values
        typed["checkpoint"] = str(typed.get("checkpoint", "")).strip() or cls().checkpoint
        typed.setdefault("text", "")
        return cls(**typed)

    @classmethod
    def take(cls, **values: Any) -> None:
        """Ask what stands in the form, or these values instead; called by a button, before the page runs."""
        st.session_state[f"asked_{cls.NAME}"] = cls.typed(**values)

    def answered(
        self,
        make: Callable[[Self], Answer],
        *,
        place: str = "",
        label: str = "",
        also: Callable[[VizError], None] | None = None,
    ) -> tuple[Self, Answer] | None:
        """Give this question and its answer; where it has none, say why and give the last pair, which stays.

        ``place`` tells apart the answers of a page that asks several questions, ``label`` names the one an error is of;
        ``also`` draws what helps with an error.
        """
        key = f"last_{place or self.NAME}"
        try:
            made = make(self)
        except VizError as error:
            explain(error, label)
            if also is not None:
                also(error)
            return _last(st.session_state.get(key), make)
        asked = st.session_state[key] = replace(self, revision=made.model.revision)
        visit.note(f"asked_{self.NAME}", asked, made)
        if made.model.weights == "random":
            st.warning(_("The weights of this model are random, not trained: its words and its heads mean nothing."))
        if None in self.to_address().values():
            st.caption(_too_long_for_a_link())
        return asked, made


def submit(place, label: str, take: Callable[..., None], **look: Any) -> None:
    """Draw the button of a form; ``take`` asks what stands in it.

    A server that was started anew has not drawn this page yet, so it knows no callback of the button that was clicked;
    it learns of the click here.
    """

    def taken() -> None:
        st.session_state["form_was_taken"] = True
        take()

    clicked = place.form_submit_button(label, on_click=taken, **look)
    if clicked and not st.session_state.pop("form_was_taken", False):
        take()
        st.rerun()


def _too_long_for_a_link() -> str:
    message = _(
        "The address of this page leaves out a text of more than {n:,} characters: a link would not bring it along. To "
        "pass on what you see, download the run as a file (.npz) below its map, and give that."
    )
    return message.format(n=MAX_ADDRESS)


def arrives(page: str) -> bool:
    """Tell whether the visitor comes to this page from another one, and note where they are."""
    came_from, st.session_state["form_page"] = st.session_state.get("form_page"), page
    return came_from != page


def _last(last: Any, make: Callable[[Any], Answer]) -> tuple[Any, Answer] | None:
    """Give the last question with its answer; None where there was none, or it cannot be given any more either."""
    if last is None:
        return None
    try:
        made = make(last)
    except VizError:
        return None  # why was just said of the question that was asked
    st.caption(_("Below is still the last answer."))
    return last, made


def model_field(
    place, key: str, label: str | None = None, ours: tuple[str, ...] = (), example: str = "bert-base-uncased"
) -> None:
    """Ask for a model: one of ours, a folder, or a name on the Hub."""
    message = _("A shipped model, a folder with weights, or a name on the Hub such as {example}.")
    place.selectbox(
        label or _("Model"), ours or SHIPPED, key=key, accept_new_options=True, help=message.format(example=example)
    )


def side_field(place, key: str) -> None:
    """Ask which side is padded."""
    names = {"left": _("left"), "right": _("right")}
    place.radio(_("padding_side"), SIDES, key=key, horizontal=True, format_func=names.__getitem__)
