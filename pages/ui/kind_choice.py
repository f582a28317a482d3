"""Hold which kind of attention is open, where a run has several; it lives in the address (``?kind=cross``)."""

from functools import partial

import streamlit as st

from pages.ui import fields, head_choice
from pages.ui.head_grid import head_grid
from pages.ui.question import one_of
from viz.names import kind_names
from viz.records import Run
from viz.text import _

FIRST = "cross"  # where there is more than one kind


def who_looks() -> dict[str, str]:
    """Say of each kind which words look at which."""
    return {
        "self": _("The text looks at itself."),
        "encoder": _("The source looks at the source."),
        "decoder": _("The target looks at the target, never at later pieces."),
        "cross": _("The target (rows) looks at the source (columns)."),
    }


def open_kind(run: Run) -> str:
    """Give the kind whose head is open: that of the address, else cross-attention, or the only one."""
    if "open_kind" not in st.session_state:
        st.session_state["open_kind"] = one_of(*kind_names())(st.query_params.get("kind", "")) or FIRST
    kind = st.session_state["open_kind"]
    return kind if kind in run.maps else FIRST if FIRST in run.maps else next(iter(run.maps))


def boards(run: Run, row: int) -> None:
    """Draw a board of heads for each kind; a click opens the head."""
    names, who = kind_names(), who_looks()
    for kind, column in zip(run.maps, st.columns(len(run.maps), gap="medium"), strict=True):
        with column:
            st.header(names[kind], anchor=False)
            st.caption(who[kind])
            head_grid(run, row, key=f"board_{kind}", kind=kind, on_choose=partial(_choose, kind))


def control(run: Run) -> str:
    """Show the choice of the kind whose head is open, and give it."""
    kind = open_kind(run)
    st.session_state["kind_shown"] = kind
    st.query_params["kind"] = kind
    names = kind_names()
    st.segmented_control(
        _("Attention"),
        list(run.maps),
        key="kind_shown",
        format_func=names.__getitem__,
        required=True,
        on_change=_chosen,
    )
    return kind


def _chosen() -> None:
    chosen = st.session_state["kind_shown"]
    if not fields.is_from_before("kind", chosen, st.session_state["open_kind"]):
        st.session_state["open_kind"] = chosen
        head_choice.draw_again()


def _choose(kind: str, layer: int, head: int) -> None:
    st.session_state["open_kind"] = kind
    head_choice.choose(layer, head)
