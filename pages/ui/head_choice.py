"""Hold which head is open. It lives in the address (``?head=Layer4_Head11``); every control changes it here.

The address is written by hand and not bound to the text field: a bound field keeps what was typed last when the head
is chosen elsewhere (on the overview), and at the next click the old name comes back.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.ui import fields
from pages.ui.markdown import literal
from viz.errors import VizError
from viz.names import head_label, parse_head, position_from_number, position_number
from viz.records import ModelInfo, Stack
from viz.text import _, language, sentence

DEFAULT = (3, 10)  # Layer4_Head11: in headlight-bert the adverb of the first example looks at its verb there

# The parts of a page that show the open head; only they run again when it changes. The second does once there is an
# edit.
PANEL, EDIT_PANEL = "head_panel", "masking_panel"
OPENING = "opening"  # what the page says it shows; last, for it says nothing of a map that the panel hides
_NUMBERS = ("layer_number", "head_number")  # the fields of the two parts of a head


def choose(layer: int, head: int) -> None:
    """Open a head; called from callbacks, before the page runs."""
    st.session_state["open_head"] = layer, head
    st.session_state["head_error"] = None
    draw_again()


@contextmanager
def whole_page(*also: str) -> Iterator[None]:
    """Mark where a page is drawn as a whole; a head chosen before its end draws all of it again.

    ``also`` names the fragments, besides the panel, that show something of the open head.
    """
    st.session_state["page_is_whole"] = False
    st.session_state["page_language"] = language()
    st.session_state["parts"] = [PANEL, *also]
    yield
    st.session_state["page_is_whole"] = True


def draw_along(part: str) -> None:
    """Add a fragment that was just drawn to those that show the open head: one that was not cannot be drawn again."""
    parts = st.session_state.setdefault("parts", [PANEL])
    if part not in parts:
        parts.append(part)


def chosen(model: ModelInfo | Stack) -> tuple[int, int]:
    """Give the open head as 0-based (layer, head), the nearest one where the model has fewer."""
    if "open_head" not in st.session_state:
        st.session_state["open_head"] = _nearest(*DEFAULT, model)  # nobody asked for it, so nothing is to be said
        if "head" in st.query_params:
            _take(st.query_params["head"], model)
    layer, head = st.session_state["open_head"]
    try:
        return parse_head(head_label(layer, head), model.n_layers, model.n_heads)
    except VizError as error:
        st.session_state["head_error"] = error.with_traceback(None)  # its frames would keep the run
        st.session_state["open_head"] = _nearest(layer, head, model)
        return st.session_state["open_head"]


def _nearest(layer: int, head: int, model: ModelInfo | Stack) -> tuple[int, int]:
    return min(layer, model.n_layers - 1), min(head, model.n_heads - 1)


def controls(model: ModelInfo | Stack) -> tuple[int, int]:
    """Show the three ways to name a head (its name, its layer, its number) and give the open one."""
    layer, head = chosen(model)
    st.query_params["head"] = head_label(layer, head)
    error = st.session_state.get("head_error")
    if error is None:
        st.session_state["head_name"] = head_label(layer, head)
    st.session_state.update(zip(_NUMBERS, map(position_number, (layer, head)), strict=True))
    name_column, layer_column, head_column = st.columns([2, 1, 1], vertical_alignment="bottom")
    name_column.text_input(_("Head, as Layer4_Head11 or L3H10"), key="head_name", on_change=_name_typed, args=(model,))
    places = ((layer_column, _("Layer"), model.n_layers), (head_column, _("Head"), model.n_heads))
    for part, (column, label, most) in enumerate(places):
        column.number_input(label, 1, most, key=_NUMBERS[part], on_change=_number_changed, args=(model, part))
    if error is not None:
        st.warning(literal(sentence(error)))
    return layer, head


def _take(name: str, model: ModelInfo | Stack) -> None:
    """Open the head of a name; a name that is none leaves the open one and says why."""
    try:
        st.session_state["open_head"] = parse_head(name, model.n_layers, model.n_heads)
        st.session_state["head_error"] = None
    except VizError as error:
        st.session_state["head_error"] = error.with_traceback(None)  # its frames would keep the run


def _name_typed(model: ModelInfo | Stack) -> None:
    name = st.session_state["head_name"]
    if not fields.is_from_before("head", name, head_label(*st.session_state["open_head"])):
        _take(name, model)
        draw_again()


def draw_again(*parts: str) -> None:
    """Run only the parts that show the head, or those named, once all of the page is there.

    A list of choices is sent back by its label. In another language that is another one, so that its callback is called
    where nothing but the language was changed; the whole page has to be drawn then.
    """
    if st.session_state.get("page_is_whole") and st.session_state.get("page_language") == language():
        st.rerun(list(parts) or st.session_state["parts"])


def _number_changed(model: ModelInfo | Stack, part: int) -> None:
    """Open the head with another layer (part 0) or number (part 1), unless the browser told only what stood before.

    It does where its address names the same, as in ``fields.is_from_before``. Where it names a head that these maps do
    not have, the field holds nothing but its first value, which Streamlit puts in place of one that is too large.
    """
    number, head = position_from_number(st.session_state[_NUMBERS[part]]), list(st.session_state["open_head"])
    try:
        sent = parse_head(st.query_params.get("head", ""), model.n_layers, model.n_heads)
    except VizError:
        return
    if not number == sent[part] != head[part]:
        head[part] = number
        choose(*head)
