"""Choose which heads are off, which read-out is followed and which word is expected there."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from pages.switch_off.board import switch_board
from pages.switch_off.in_place import ask_in_place
from pages.ui import fields, guard
from pages.ui.question import whole
from viz.analysis.heads.switch_off import Head, Resample, off_text, parse_off
from viz.analysis.predictions import top_k
from viz.engine.local import engine
from viz.engine.requests import Ask, FindWord
from viz.errors import VizError
from viz.names import position_number
from viz.records import Run
from viz.text import _


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold what is switched off and where its effect is read."""

    off: frozenset[Head]
    off_by: str
    resample: Resample
    readout: int
    word_id: int

    def switched(self, request: Ask) -> Ask:
        """Ask the same with the heads off; where none is, it is the same pass."""
        return replace(request, off=self.off, off_by=self.off_by, resample=self.resample) if self.off else request


def ask_choice(run: Run, bright: np.ndarray) -> Choice:
    """Show the switches and the fields, and give what is chosen; where an entry is wrong the last good one counts."""
    off = _off(run)
    if off and "open_head" not in st.session_state and "head" not in st.query_params:
        st.session_state["open_head"] = min(off)
    n_heads = run.model.n_heads  # the board outlives this run of the page, so it may not hold the run of the model
    switch_board(run.model, bright, off, lambda heads, last: _switch(heads, last, n_heads))
    names, button = st.columns([3, 1], vertical_alignment="bottom")
    names.text_input(
        _("Heads that are off"),
        key="off_names",
        placeholder=_("none"),
        help=_(
            "Names with commas between: Layer2_Head10 or L1H9; Layer2 is a whole layer, Head10 that head of every "
            "layer."
        ),
    )
    button.button(_("All on"), on_click=_put, args=(frozenset(), n_heads), disabled=not off, width="stretch")
    by, resample = ask_in_place()
    readout = _readout(run)
    word_id = _expected(run, readout)
    st.query_params["off"] = off_text(off, run.model.n_heads)
    return Choice(off, by, resample, readout, word_id)


def _off(run: Run) -> frozenset[Head]:
    """Read the names of the heads that are off; where one is wrong, say so and keep those that were off before."""
    n_layers, n_heads = run.model.n_layers, run.model.n_heads
    if "off_names" not in st.session_state or _is_from_before(n_layers, n_heads):
        st.session_state["off_names"] = st.session_state["kept_off_names"]
    try:
        off = parse_off(st.session_state["off_names"], n_layers, n_heads)
    except VizError as error:
        guard.explain(error)
        last = st.session_state.get("last_off", frozenset())
        return frozenset((layer, head) for layer, head in last if layer < n_layers and head < n_heads)
    st.session_state["kept_off_names"] = st.session_state["off_names"]
    st.session_state["last_off"] = off
    return off


def _is_from_before(n_layers: int, n_heads: int) -> bool:
    try:
        shown, kept = (parse_off(st.session_state[key], n_layers, n_heads) for key in ("off_names", "kept_off_names"))
    except VizError:  # typed wrongly, of another model, or a link's that names no heads
        return False
    return fields.is_from_before("off", off_text(shown, n_heads), off_text(kept, n_heads))


def _put(off: frozenset[Head], n_heads: int) -> None:
    """Have these heads off; called from callbacks, before the page runs."""
    names = off_text(off, n_heads).replace(",", ", ")
    st.session_state["kept_off_names"] = names
    fields.give({"off_names": names})


def _switch(off: frozenset[Head], last: Head | None, n_heads: int) -> None:
    """Take the heads a click left off, and open the one that was clicked."""
    _put(off, n_heads)
    if last is not None:
        st.session_state.update(open_head=last, head_error=None)


def _readout(run: Run) -> int:
    """Choose the [MASK] that is followed, where there are several."""
    n_readouts = len(run.readouts)
    if n_readouts == 1:
        st.query_params.pop("mask", None)
        return 0
    positions = [position_number(int(position)) for _row, position in run.readouts]
    if st.session_state.get("followed_mask") not in range(n_readouts):
        given = whole(st.query_params.get("mask", ""))
        st.session_state["followed_mask"] = positions.index(given) if given in positions else 0
    readout = st.selectbox(
        _("[MASK] that is followed"),
        range(n_readouts),
        key="followed_mask",
        format_func=lambda n: _("[MASK] at position {number}").format(number=positions[n]),
    )
    st.query_params["mask"] = str(positions[readout])
    return readout


def _expected(run: Run, readout: int) -> int:
    """Ask which word is expected; left empty, or where it is no token, it is the model's own with all heads on."""
    (best,) = top_k(run, readout, 1)
    if "expected" not in st.session_state:
        st.session_state["expected"] = st.session_state.get("kept_expected", st.query_params.get("word", ""))
    word = st.text_input(
        _("Expected word"),
        key="expected",
        placeholder=_("{word} (the model's own)").format(word=best.token),
        help=_("One token. Left empty, it is the word the model expects by itself, with all heads on."),
    )
    st.session_state["kept_expected"] = word
    if not word.strip():
        st.query_params.pop("word", None)
        return best.token_id
    st.query_params["word"] = word
    try:
        return engine.ask(FindWord(run.model.checkpoint, word, best.token, run.model.revision))
    except VizError as error:
        guard.explain(error)
        st.caption(_("Followed instead: the word the model expects by itself."))
        return best.token_id
