"""Draw the fields of a question, filled with what was answered before, and read them."""

from dataclasses import dataclass

import streamlit as st

from pages.lesson import keeping
from pages.ui import visit
from pages.ui.markdown import literal
from pages.ui.token_chips import name_choice
from viz.packs import answer_kinds, schema
from viz.packs.measures import Truth
from viz.packs.progress import Given
from viz.packs.schema import AnyQuestion
from viz.text import _

CLAIM_PX, OPEN_PX = 200, 120


@dataclass(frozen=True, slots=True)
class Typed:
    """Hold what stands in the fields of a question."""

    given: str
    sentences: str = ""
    words: str = ""

    def is_as_before(self, before: Given | None) -> bool:
        """Tell whether it is what was answered last."""
        return before is not None and (before.last, before.sentences, before.words) == (
            self.given,
            self.sentences,
            self.words,
        )


def needs_choices(question: AnyQuestion) -> bool:
    """Tell whether the model must be asked before the fields are drawn: it may give words to choose from."""
    return isinstance(question, schema.WordQuestion) and not isinstance(question.answer, answer_kinds.OpenAnswer)


def draw(place: str, question: AnyQuestion, given: Given | None, truth: Truth | None, *, anew: bool) -> None:
    """Draw the fields; ``truth`` gives the words to choose from, where they are known.

    ``anew`` says that the part, or its answers, were not there when the page was drawn last.
    """
    key = keeping.field_key(place, question.id)
    _fill(key, given.last if given else "", anew=anew)
    if isinstance(question.answer, answer_kinds.OpenAnswer):
        st.text_area(_("Your answer"), key=key, height=OPEN_PX)
    elif isinstance(question.answer, answer_kinds.ClaimAnswer):
        _claim_fields(key, given, question.answer.at_least, anew=anew)
    elif truth is not None and truth.choices:
        if st.session_state.get(key) not in truth.choices:
            st.session_state[key] = None
        name_choice(_("Your answer"), truth.choices, key)
    elif isinstance(question, schema.HeadQuestion):
        st.text_input(_("Head, as Layer4_Head11 or L3H10"), key=key)
    elif isinstance(question, schema.NumberQuestion):
        st.text_input(_("Your answer in %") if question.percent else _("Your answer, a number"), key=key)
    else:
        st.text_input(_("Your answer, a word"), key=key)


def typed(place: str, question: AnyQuestion) -> Typed:
    """Read the fields of a question."""
    key = keeping.field_key(place, question.id)
    given = str(st.session_state.get(key) or "").strip()
    if not isinstance(question.answer, answer_kinds.ClaimAnswer):
        return Typed(given)
    sentences, words = (str(st.session_state.get(f"{key}_{name}") or "").strip() for name in ("sentences", "words"))
    return Typed(given, sentences, words)


def _claim_fields(key: str, given: Given | None, at_least: int, *, anew: bool) -> None:
    _fill(f"{key}_sentences", given.sentences if given else "", anew=anew)
    _fill(f"{key}_words", given.words if given else "", anew=anew)
    st.text_input(_("Head you name before the test, as Layer4_Head11 or L3H10"), key=key)
    message = _(
        "In each sentence mark the query, the word that looks, as *so*, and the key, the word it should look at, "
        "as _so_."
    )
    st.caption(literal(message))
    label = _("Sentences, one a line (at least {n})")
    st.text_area(label.format(n=at_least), key=f"{key}_sentences", height=CLAIM_PX)
    st.text_area(_("In your own words: what does this head do?"), key=f"{key}_words", height=OPEN_PX)


def _fill(key: str, text: str, *, anew: bool) -> None:
    """Put what was answered into a field that is new on the page; what a person typed there stays.

    A browser that was there before this server tells what stands in its fields, and so does one that comes back to a
    part, where an empty field of before is no answer.
    """
    if key in visit.brought_widgets():
        return
    if key not in st.session_state or (anew and text and key not in keeping.typed_before()):
        st.session_state[key] = text
