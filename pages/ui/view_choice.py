"""Hold how maps are read: by words, without special tokens, heads joined. It lives in the address and is every page's.

``?words=1&hide=special&joined=rollout``
"""

import streamlit as st

from pages.ui.question import one_of, set_address
from viz.analysis.views.viewed import said
from viz.text import _
from viz.view import PLAIN, View

_HIDE = {"special": "hidden", "renormalised": "renormalised"}  # as the address writes it
SPECIAL, JOINED = ("shown", "hidden", "renormalised"), ("", "heads", "layers", "all", "rollout")


def current() -> View:
    """Give the view that is chosen; a link may bring one along."""
    if "view" not in st.session_state:
        given = st.query_params
        st.session_state["view"] = View(
            words=given.get("words") == "1",
            special=_HIDE.get(given.get("hide", ""), PLAIN.special),
            combined=one_of(*JOINED)(given.get("joined", "")) or PLAIN.combined,
        )
    view = st.session_state["view"]
    set_address(
        {
            "words": "1" if view.words else None,
            "hide": {special: name for name, special in _HIDE.items()}.get(view.special),
            "joined": view.combined or None,
        }
    )
    return view


def control(kind: str = "self") -> None:
    """Offer the ways to read maps, and say what the chosen one does; all maps of the page are drawn anew."""
    view = current()
    st.session_state.update(view_words=view.words, view_special=view.special, view_joined=view.combined)
    name = _("Words, special tokens, mean, rollout")
    with st.popover(name, icon=":material/tune:", type="secondary" if view == PLAIN else "primary"):
        st.toggle(_("Pieces merged into words"), key="view_words", on_change=_take)
        st.radio(_("Special tokens"), SPECIAL, key="view_special", format_func=_special_name, on_change=_take)
        st.radio(_("Heads"), JOINED, key="view_joined", format_func=_joined_name, on_change=_take)
    if view != PLAIN:
        st.caption(_("These maps are made from the model's: {how}.").format(how=said(view, kind)))
    if st.session_state.pop("view_is_new", False):
        st.rerun()  # of a part of the page the widgets are, of all of it the maps


def _take() -> None:
    st.session_state["view"] = View(*(st.session_state[f"view_{name}"] for name in ("words", "special", "joined")))
    st.session_state["view_is_new"] = True


def _special_name(special: str) -> str:
    return {
        "shown": _("shown"),
        "hidden": _("left out"),
        "renormalised": _("left out, and each row divided by what is left of it"),
    }[special]


def _joined_name(joined: str) -> str:
    return {
        "": _("one by one"),
        "heads": _("mean over the heads of a layer"),
        "layers": _("mean over the layers"),
        "all": _("mean over all heads"),
        "rollout": _("rollout through the layers"),
    }[joined]
