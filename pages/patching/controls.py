"""Choose what is patched: heads or states, at which token, and at which [MASK] the answer is read. In the address."""

from dataclasses import dataclass

import streamlit as st

from pages.ui.question import one_of, set_address, whole
from viz.analysis.reasons.patching import WHAT, Patched
from viz.names import position_from_number, position_number
from viz.text import _

_ALL = -1  # a select box shows None as nothing chosen


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold what is patched; ``position`` None is all tokens."""

    what: str
    position: int | None


def choose() -> Choice:
    """Show whether heads or states are patched; gives that with the token, which ``choose_token`` asks for."""
    names = {"heads": _("Outputs of heads"), "states": _("States of tokens")}
    if "patch_what" not in st.session_state:
        given = st.session_state.get("kept_patch_what", st.query_params.get("patch", ""))
        st.session_state["patch_what"] = one_of(*WHAT)(given) or WHAT[0]
    chosen = st.segmented_control(
        _("What is taken from B"), WHAT, key="patch_what", format_func=names.__getitem__, required=True
    )
    what = st.session_state["kept_patch_what"] = chosen or WHAT[0]
    if "patch_position" not in st.session_state:
        given = whole(st.query_params.get("token", ""))
        st.session_state["patch_position"] = position_from_number(given) if given is not None and given > 0 else None
    position = st.session_state["patch_position"] if what == "heads" else None
    set_address({"patch": what, "token": None if position is None else str(position_number(position))})
    return Choice(what, position)


def choose_token(patched: Patched) -> None:
    """Offer at which token the heads' outputs are taken from B."""
    tokens = patched.tokens[0]
    st.session_state["patch_token"] = _ALL if patched.position is None else patched.position
    st.selectbox(
        _("At which token"),
        [_ALL, *range(len(tokens))],
        key="patch_token",
        format_func=lambda at: _("all tokens") if at == _ALL else f"{position_number(at)}  {tokens[at]}",
        on_change=_token_chosen,
    )


def forget_position() -> None:
    """Begin with all tokens again: another sentence may not have the token that was chosen."""
    st.session_state["patch_position"] = None


def _token_chosen() -> None:
    chosen = st.session_state["patch_token"]
    st.session_state["patch_position"] = None if chosen == _ALL else chosen
