"""Offer the layers of a mask, ready-made masks and a mask by hand; the choice lives in the address."""

from dataclasses import replace

import numpy as np
import streamlit as st

from pages.inside.board import mask_board
from pages.ui import guard
from pages.ui.heat_map import heat_map
from pages.ui.question import set_address, whole
from pages.ui.token_chips import token_chips
from viz.analysis.masks import layers
from viz.analysis.masks.by_hand import from_address, read_mask, to_address
from viz.analysis.masks.choice import MaskChoice, chosen_layers
from viz.drawing.layer_product import layer_product
from viz.errors import VizError
from viz.names import position_from_number, position_number
from viz.records import Batch, Run
from viz.text import _

MAX_WINDOW = 511


def ask_mask(run: Run, row: int) -> MaskChoice:
    """Show the layers of one row's mask as switches and give the choice; another text starts without a change."""
    stamp = hash((run.model.checkpoint, run.batch.tokens, row))
    came = _came(stamp, run.batch.n_tokens)
    st.caption(_("Each layer is a square of 0 and 1. They are multiplied: a key is seen where every layer has a 1."))
    with st.container(horizontal=True):
        padding = st.toggle(_("padding"), came.padding, key=f"padding_{stamp}")
        causal = st.toggle(_("causal: no later keys"), _is_causal(came, run), key=f"causal_{stamp}")
        only_self = st.toggle(_("only itself"), came.only_self, key=f"self_{stamp}")
        has_pair = run.batch.token_type_ids is not None and run.batch.token_type_ids[row].any()
        segments = has_pair and st.toggle(
            _("segments apart (A looks at A, B at B)"), came.segments, key=f"segments_{stamp}"
        )
        question = has_pair and st.toggle(
            _("hide the question (A) from the context (B)"), came.question, key=f"question_{stamp}"
        )
        has_window = st.toggle(_("window"), came.window is not None, key=f"window_{stamp}")
        n = (
            st.number_input(_("window to either side"), 0, MAX_WINDOW, came.window or 2, key=f"n_{stamp}", width=140)
            if has_window
            else None
        )
    choice = MaskChoice(
        row=row,
        padding=padding,
        causal=None if causal == run.model.causal else causal,
        hidden=_hidden(run.batch, row, came.hidden, stamp),
        segments=segments,
        question=question,
        window=n,
        only_self=only_self,
        cells=st.session_state.setdefault(f"cells_{stamp}", came.cells),
    )
    st.session_state["mask_choices"][stamp] = choice
    _squares(run, choice)
    _board(run, choice, stamp)
    _write_address(choice)
    return choice


def _came(stamp: int, n_tokens: int) -> MaskChoice:
    """Give what this text was left with, or on the first one what a link brings; another text begins unchanged.

    The address describes the text it came with: positions and layers of another one mean nothing here.
    """
    known = st.session_state.setdefault("mask_choices", {})
    if stamp in known:
        return known[stamp]
    return MaskChoice() if known else _from_address(n_tokens)


def _squares(run: Run, choice: MaskChoice) -> None:
    """Draw the layers and their product; a mask that does not fit is explained where it is used."""
    words = {
        "padding": _("padding"),
        "causal": _("causal"),
        "hidden by you": _("hidden by you"),
        "segments": _("segments"),
        "window": _("window"),
        "self": _("only itself"),
        "your cells": _("by hand"),
    }
    try:
        made = chosen_layers(choice, run.batch, run.model.causal)
    except VizError:
        return
    if made:
        named = {words[name]: layer for name, layer in made.items()}
        figure = layer_product(named, _("the mask"), run.batch.tokens[choice.row])
        heat_map(figure, "layer_product", " × ".join(named))


def _is_causal(choice: MaskChoice, run: Run) -> bool:
    return run.model.causal if choice.causal is None else choice.causal


def _hidden(batch: Batch, row: int, default: tuple[int, ...], stamp: int) -> tuple[int, ...]:
    label = _("Hide tokens (2-D: no token may look at them)")
    return token_chips(label, batch.tokens[row], key=f"hidden_{stamp}", default=default)


def _board(run: Run, choice: MaskChoice, stamp: int) -> None:
    """Show the board and the file of a mask by hand, a layer of its own; what other layers close is fixed."""
    expander = st.expander(_("A mask by hand (3-D: per query and key)"), on_change="rerun", key=f"board_open_{stamp}")
    if not expander.open:
        return
    kept, n_tokens = f"cells_{stamp}", run.batch.n_tokens

    def keep(cells: np.ndarray | None) -> None:
        st.session_state[kept] = None if cells is None or cells.all() else to_address(cells)

    with expander:
        st.caption(_("Grey cells are closed by another layer."))
        try:
            own = from_address(choice.cells, n_tokens) if choice.cells else np.ones((n_tokens, n_tokens), dtype=bool)
            others = chosen_layers(_without_cells(choice), run.batch, run.model.causal)
        except VizError as error:
            guard.explain(error)
            st.button(_("Forget this mask"), on_click=keep, args=(None,), key=f"drop_{stamp}")
            return
        fixed = ~layers.product(others) if others else np.zeros_like(own)
        mask_board(run.batch.tokens[choice.row], own, fixed, keep, key=f"mask_board_{stamp}")
        with st.container(horizontal=True):
            st.button(
                _("All open again"), on_click=keep, args=(None,), disabled=choice.cells is None, key=f"forget_{stamp}"
            )
            _upload(n_tokens, keep, stamp)


def _upload(n_tokens: int, keep, stamp: int) -> None:
    """Take a mask from a file, once: .npy, JSON, or lines of 0 and 1."""

    def read() -> None:
        if (file := st.session_state[f"file_{stamp}"]) is None:
            return
        try:
            keep(read_mask(file.getvalue(), file.name, n_tokens))
            st.session_state[f"file_error_{stamp}"] = None
        except VizError as error:
            st.session_state[f"file_error_{stamp}"] = error.with_traceback(None)

    label = _("or a file: .npy, JSON, or {n} lines of {n} digits 0 and 1").format(n=n_tokens)
    st.file_uploader(label, type=["npy", "json", "txt"], key=f"file_{stamp}", on_change=read, max_upload_size=2)
    if error := st.session_state.get(f"file_error_{stamp}"):
        guard.explain(error)


def _without_cells(choice: MaskChoice) -> MaskChoice:
    return replace(choice, cells=None)


def _from_address(n_tokens: int) -> MaskChoice:
    """Read the choice a link brings along."""
    given = st.query_params
    layers = given.get("layers", "").split(",")
    window = next((whole(name.removeprefix("window")) for name in layers if name.startswith("window")), None)
    numbers = [number for number in map(whole, given.get("hidden", "").split(",")) if number is not None]
    return MaskChoice(
        padding="no-padding" not in layers,
        causal=True if "causal" in layers else False if "no-causal" in layers else None,
        only_self="self" in layers,
        segments="segments" in layers,
        question="question" in layers,
        window=None if window is None or window < 0 else min(window, MAX_WINDOW),
        hidden=tuple(position_from_number(n) for n in numbers if 1 <= n <= n_tokens),
        cells=given.get("mask"),
    )


def _write_address(choice: MaskChoice) -> None:
    names = {
        "no-padding": not choice.padding,
        "causal": choice.causal is True,
        "no-causal": choice.causal is False,
        "self": choice.only_self,
        "segments": choice.segments,
        "question": choice.question,
        f"window{choice.window}": choice.window is not None,
    }
    values = {
        "layers": ",".join(name for name, on in names.items() if on),
        "hidden": ",".join(str(position_number(at)) for at in choice.hidden),
        "mask": choice.cells or "",
    }
    set_address({name: value or None for name, value in values.items()})
