"""Hold how maps are read: by words, without special tokens, heads joined, weights or contributions.

It lives in the address and is every page's: ``?words=1&hide=special&joined=rollout``, ``?shown=contribution``.
"""

import streamlit as st

from pages.ui.markdown import literal
from pages.ui.question import one_of, set_address
from viz.analysis.reasons import contribution
from viz.analysis.reasons.contribution import CONTRIBUTION, WEIGHT
from viz.analysis.views.viewed import said
from viz.records import Run
from viz.text import _
from viz.view import PLAIN, View

_HIDE = {"special": "hidden", "renormalised": "renormalised"}  # as the address writes it
SPECIAL, JOINED = ("shown", "hidden", "renormalised"), ("", "heads", "layers", "all", "rollout")


def current(run: Run) -> View:
    """Give the view of a run that is chosen; a link may bring one along. Without norms it shows weights."""
    view = _chosen()
    return view.settled if contribution.are_known(run) else view.of_weights


def of_weights() -> View:
    """Give the view that is chosen, of weights: where two runs are compared."""
    return _chosen().of_weights


def _chosen() -> View:
    if "view" not in st.session_state:
        given = st.query_params
        st.session_state["view"] = View(
            words=given.get("words") == "1",
            special=_HIDE.get(given.get("hide", ""), PLAIN.special),
            combined=one_of(*JOINED)(given.get("joined", "")) or PLAIN.combined,
            contribution=given.get("shown") == CONTRIBUTION,
        )
    view = st.session_state["view"]
    set_address(
        {
            "words": "1" if view.words else None,
            "hide": {special: name for name, special in _HIDE.items()}.get(view.special),
            "joined": view.combined or None,
            "shown": CONTRIBUTION if view.contribution else None,
        }
    )
    return view


def shown_control(run: Run) -> None:
    """Offer weights or contributions; where these are not known and were asked for, say so."""
    if not contribution.are_known(run):
        if _chosen().contribution:
            st.info(literal(contribution.unknown(run)))
        return
    st.session_state["view_shown"] = CONTRIBUTION if _chosen().contribution else WEIGHT
    names = {WEIGHT: _("Weight"), CONTRIBUTION: _("Contribution")}
    st.segmented_control(
        _("What the map shows"),
        [WEIGHT, CONTRIBUTION],
        key="view_shown",
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_take_shown,
    )


def control(view: View, kind: str = "self") -> None:
    """Offer the ways to read maps, and say what the one that is shown does; all maps of the page are drawn anew."""
    chosen, single = _chosen(), view.contribution
    st.session_state.update(view_words=chosen.words, view_special=chosen.special, view_joined=chosen.combined)
    name = _("Words, special tokens, mean, rollout")
    with st.popover(name, icon=":material/tune:", type="secondary" if chosen.of_weights == PLAIN else "primary"):
        if single:
            st.caption(_("Contributions are those of single tokens and heads: only special tokens can be left out."))
        st.toggle(_("Pieces merged into words"), key="view_words", on_change=_take, disabled=single)
        st.radio(_("Special tokens"), SPECIAL, key="view_special", format_func=_special_name, on_change=_take)
        st.radio(_("Heads"), JOINED, key="view_joined", format_func=_joined_name, on_change=_take, disabled=single)
    if view not in (PLAIN, View(contribution=True)):
        st.caption(literal(_("These maps are made from the model's: {how}.").format(how=said(view, kind))))
    if st.session_state.pop("view_is_new", False):
        st.rerun()  # of a part of the page the widgets are, of all of it the maps


def _take() -> None:
    read = (st.session_state[f"view_{name}"] for name in ("words", "special", "joined"))
    _keep(View(*read, contribution=_chosen().contribution))


def _take_shown() -> None:
    view = _chosen()
    _keep(View(view.words, view.special, view.combined, st.session_state["view_shown"] == CONTRIBUTION))


def _keep(view: View) -> None:
    st.session_state["view"] = view
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
