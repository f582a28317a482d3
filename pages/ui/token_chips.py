"""Choose tokens of a text by chips; of a long text by a list that opens, for a browser takes a second for 500 chips."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui.markdown import literal
from viz.names import position_number

MAX_CHIPS = 128


def token_chips(label: str, tokens: Sequence[str], key: str, default: Sequence[int] = ()) -> tuple[int, ...]:
    """Offer the tokens under their numbers, and give the positions of the chosen ones, sorted."""
    positions, chosen = range(len(tokens)), [at for at in default if at < len(tokens)]
    if len(tokens) > MAX_CHIPS:
        named = [f"{position_number(at)} {token}" for at, token in enumerate(tokens)]
        return tuple(sorted(st.multiselect(label, positions, chosen, format_func=named.__getitem__, key=key)))
    marked = [f"{position_number(at)} {literal(token)}" for at, token in enumerate(tokens)]
    found = st.pills(label, positions, selection_mode="multi", default=chosen, format_func=marked.__getitem__, key=key)
    return tuple(sorted(found))


def token_choice(label: str, tokens: Mapping[int, str], key: str) -> int | None:
    """Offer the tokens of some positions under their numbers, and give the position of the chosen one."""
    if len(tokens) > MAX_CHIPS:
        named = {at: f"{position_number(at)} {token}" for at, token in tokens.items()}
        return st.selectbox(label, list(tokens), index=None, format_func=named.__getitem__, key=key)
    marked = {at: f"{position_number(at)} {literal(token)}" for at, token in tokens.items()}
    return st.pills(label, list(tokens), format_func=marked.__getitem__, key=key)


def name_choice(label: str, names: Sequence[str], key: str) -> str | None:
    """Offer names that differ, and give the chosen one."""
    if len(names) > MAX_CHIPS:
        return st.selectbox(label, names, index=None, key=key)
    return st.pills(label, names, format_func=literal, key=key)
