"""Show all heads of the three kinds side by side, and one of them large."""

from functools import partial

import streamlit as st

from pages.cross.pinned import pinned_query
from pages.ui import guard, head_choice
from pages.ui.head_grid import head_grid, mark_head
from pages.ui.head_panel import Give, head_view
from pages.ui.question import one_of
from viz.names import kind_names
from viz.records import Run
from viz.text import _

KINDS = ("encoder", "decoder", "cross")


def _who_looks() -> dict[str, str]:
    return {
        "encoder": _("The source looks at the source."),
        "decoder": _("The target looks at the target, never at later pieces."),
        "cross": _("The target (rows) looks at the source (columns)."),
    }


def open_kind(run: Run) -> str:
    """Give the kind whose head is open: that of the address, else cross-attention."""
    if "open_kind" not in st.session_state:
        st.session_state["open_kind"] = one_of(*KINDS)(st.query_params.get("kind", "")) or "cross"
    kind = st.session_state["open_kind"]
    return kind if kind in run.maps else "cross"


def boards(run: Run, row: int) -> None:
    """Draw a board of heads for each kind; a click opens the head."""
    names, who = kind_names(), _who_looks()
    there = [kind for kind in KINDS if kind in run.maps]
    for kind, column in zip(there, st.columns(len(there), gap="medium"), strict=True):
        with column:
            st.subheader(names[kind], anchor=False)
            st.caption(who[kind])
            head_grid(run, row, key=f"board_{kind}", kind=kind, on_choose=partial(_choose, kind))


@guard.fragment(key=head_choice.PANEL)
def open_head(give: Give, row: int) -> None:
    """Draw the open head of the open kind; choosing another one runs only the parts that show it."""
    run = give()
    kind = open_kind(run)
    st.subheader(_("One head"), anchor=False)
    _kind_control(run, kind)
    layer, head = head_choice.controls(run.stack(kind))
    mark_head(layer, head, kind, beside=KINDS)
    query = None if kind == "encoder" else pinned_query(run, row)
    head_view(give, row, layer, head, query=query, kind=kind)


def _kind_control(run: Run, kind: str) -> None:
    st.session_state["kind_shown"] = kind
    st.query_params["kind"] = kind
    names = kind_names()
    st.segmented_control(
        _("Attention"),
        [kind for kind in KINDS if kind in run.maps],
        key="kind_shown",
        format_func=names.__getitem__,
        required=True,
        on_change=_kind_chosen,
    )


def _kind_chosen() -> None:
    st.session_state["open_kind"] = st.session_state["kind_shown"]
    head_choice.draw_again()


def _choose(kind: str, layer: int, head: int) -> None:
    st.session_state["open_kind"] = kind
    head_choice.choose(layer, head)
