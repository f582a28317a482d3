"""Pin a word of the target and shade the source by what it gives to each piece of it."""

import streamlit as st

from pages.cross import pinned
from pages.ui import fields, head_choice
from pages.ui.markdown import literal
from viz.analysis.cross.shading import shading, strongest
from viz.analysis.cross.steps import Step, steps
from viz.drawing.shaded_sentence import sentence
from viz.errors import VizError
from viz.names import head_label, head_title, layer_label, parse_head, parse_layer, position_number
from viz.records import Run, Stack
from viz.text import _, number

Weights = tuple[int, int | None]  # of a layer's head, or of the mean over all its heads


def shaded_source(run: Run, row: int) -> None:
    """Draw the source, shaded by the row of the pinned word, or of the open step's."""
    st.header(_("Where the word looks in the source"), anchor=False)
    _pins(run, row)
    columns = st.columns(2, vertical_alignment="bottom")
    with columns[0]:
        _look_control()
    with columns[1]:
        layer, head = _weights_control(run)
    query = pinned.pinned_query(run, row)
    shades = shading(run, row, layer, head, query)
    of = _said(run, row, query, layer, head)
    st.markdown(literal(of))
    st.html(sentence(shades, of))
    best = "; ".join(f"{number(shade.weight, 2)} {shade.text}" for shade in strongest(shades))
    st.caption(literal(_("Strongest: {pieces}. All weights of a row sum to 1.").format(pieces=best)))


def _pins(run: Run, row: int) -> None:
    """Offer every piece of the target to be pinned; a second click lets go of it."""
    tokens, found = run.maps["cross"].queries[row], steps(run, row)
    st.session_state["cross_pins"] = pinned.pinned_step(run, row)
    st.pills(
        _("Pin a word of the target (none: the word of the open step)"),
        range(len(found)),
        key="cross_pins",
        format_func=lambda at: f"{position_number(at)} {literal(_piece(tokens, found[at]))}",
        on_change=_pin_clicked,
        wrap=True,
    )


def _piece(tokens: tuple[str, ...], step: Step) -> str:
    return _("end") if step.written is None else tokens[step.written]


def _pin_clicked() -> None:
    pinned.pin(st.session_state["cross_pins"])


def _look_control() -> None:
    names = {"writer": _("the row that writes the word"), "word": _("the row of the word itself")}
    st.session_state["cross_look_shown"] = pinned.look()
    st.radio(
        _("Row"),
        pinned.LOOKS,
        key="cross_look_shown",
        format_func=names.__getitem__,
        help=_(
            "The decoder reads a piece and writes the one behind it: the row of a piece is the query that writes the "
            "next piece. A word is therefore written by the row before its own."
        ),
        on_change=_look_chosen,
    )


def _look_chosen() -> None:
    st.session_state["cross_look"] = st.session_state["cross_look_shown"]
    head_choice.draw_again()


def _weights_control(run: Run) -> Weights:
    """Choose whose weights are shown: of the open head of cross-attention, or the mean over a layer's heads."""
    stack = run.stack("cross")
    chosen = _weights(stack)
    layers = [(layer, None) for layer in range(stack.n_layers)]
    head = st.session_state.get("cross_head")
    options: list[Weights] = [*([head] if head is not None else []), *layers]
    if chosen not in options:
        options.insert(0, chosen)
    st.session_state["cross_weights_shown"] = chosen
    st.selectbox(
        _("Weights"),
        options,
        key="cross_weights_shown",
        format_func=lambda weights: _weights_name(weights[0], weights[1], stack),
        on_change=_weights_chosen,
    )
    st.query_params["shade"] = _in_address(chosen)
    return chosen


def _weights(stack: Stack) -> Weights:
    """Give whose weights are shown; a head of cross-attention that is opened is taken, and until then a mean."""
    _take_opened_head(stack)
    if "cross_weights" not in st.session_state:
        st.session_state["cross_weights"] = _from_address(stack)
    layer, head = st.session_state["cross_weights"]
    fits = layer < stack.n_layers and (head is None or head < stack.n_heads)
    return (layer, head) if fits else (stack.n_layers - 1, None)


def _take_opened_head(stack: Stack) -> None:
    if st.session_state.get("open_kind", "cross") != "cross":
        return
    opened, known = head_choice.chosen(stack), st.session_state.get("cross_head")
    st.session_state["cross_head"] = opened
    if known is not None and opened != known:
        st.session_state["cross_weights"] = opened


def _from_address(stack: Stack) -> Weights:
    name = st.query_params.get("shade", "")
    if (layer := parse_layer(name, stack.n_layers)) is not None:
        return layer, None
    try:
        return parse_head(name, stack.n_layers, stack.n_heads)
    except VizError:
        return stack.n_layers - 1, None


def _in_address(weights: Weights) -> str:
    layer, head = weights
    return layer_label(layer) if head is None else head_label(layer, head)


def _weights_chosen() -> None:
    chosen = st.session_state["cross_weights_shown"]
    if not fields.is_from_before("shade", _in_address(chosen), _in_address(st.session_state["cross_weights"])):
        st.session_state["cross_weights"] = chosen
        head_choice.draw_again()


def _weights_name(layer: int, head: int | None, stack: Stack) -> str:
    if head is not None:
        return head_title(layer, head, "cross")
    return _("mean over the {n} heads of {layer}").format(n=stack.n_heads, layer=layer_label(layer))


def _said(run: Run, row: int, query: int, layer: int, head: int | None) -> str:
    """Say whose weights these are, and what their row writes."""
    tokens = run.maps["cross"].queries[row]
    written = next(step.written for step in steps(run, row) if step.query == query)
    writes = _("the end") if written is None else _("“{token}”").format(token=tokens[written])
    message = _("{weights}; the row of “{token}” (position {position}), which writes {writes}:")
    return message.format(
        weights=_weights_name(layer, head, run.stack("cross")),
        token=tokens[query],
        position=position_number(query),
        writes=writes,
    )
