"""Show small maps on one canvas: all heads of a text, where a click opens the head, or one head of every prompt."""

from collections.abc import Callable, Iterable
from pathlib import Path

import streamlit as st
from streamlit.components import v2

from pages.ui import head_choice, pictures, view_choice
from pages.ui.markdown import literal
from viz.analysis.reasons import contribution
from viz.analysis.views.viewed import viewed
from viz.drawing import overview
from viz.drawing.overview import PROMPTS_ACROSS, board_name
from viz.engine.local import engine
from viz.names import head_title
from viz.records import Run
from viz.text import _
from viz.view import PLAIN, View

_HERE = Path(__file__).resolve().parent


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_grid = v2.component("head_grid", html=_read("head_grid.html"), css=_read("head_grid.css"), js=_read("head_grid.js"))
_mark = v2.component("head_mark", js=_read("head_mark.js"))
_cover = v2.component("head_cover", js=_read("head_cover.js"))


def head_grid(
    run: Run,
    row: int,
    key: str = "head_grid",
    kind: str = "self",
    on_choose: Callable[[int, int], None] = head_choice.choose,
) -> None:
    """Draw every head of one kind of one row: layers down, heads across; a click calls ``on_choose`` with the head."""

    view = view_choice.current(run)
    seen, at = viewed(run, row, view)

    def picked() -> None:
        if place := st.session_state[key].picked:
            layer, head = place
            on_choose(*beside_what_is_joined(layer, head, view, kind))

    _grid(data=pictures.overview_payload(seen, at, kind), key=key, on_picked_change=picked)
    if view.contribution:
        _say_striking(run, seen, row, at, kind)


def _say_striking(run: Run, seen: Run, row: int, at: int, kind: str) -> None:
    """Say at which head and token weight and contribution differ most."""
    key = ("striking", row, overview.picture_key(seen, at, kind))
    found = engine.remember(key, lambda: contribution.most_striking(run, row, kind=kind))
    if found is not None:
        title, sentence = head_title(found.layer, found.head, kind), contribution.said(run, row, found, kind=kind)
        st.caption(literal(_("Most different: {head}: {sentence}").format(head=title, sentence=sentence)))


def beside_what_is_joined(layer: int, head: int, view: View, kind: str) -> tuple[int, int]:
    """Give the head that is opened by a click on a board: of joined ones the one that was open stays."""
    open_layer, open_head = st.session_state["open_head"]
    by_layer, by_head = view.place(1, 1, kind)
    return layer if by_layer else open_layer, head if by_head else open_head


def prompt_grid(run: Run, layer: int, head: int, on_choose: Callable[[int], None], key: str = "prompt_grid") -> None:
    """Draw one head of every prompt; a click calls ``on_choose`` with the prompt's row, before the page runs."""

    def picked() -> None:
        if place := st.session_state[key].picked:
            down, across = place
            on_choose(PROMPTS_ACROSS * down + across)

    _grid(data=pictures.prompt_payload(run, layer, head), key=key, on_picked_change=picked)


def number_grid(data: bytes, key: str, view: View = PLAIN, kind: str = "self") -> None:
    """Draw a board of heads that is packed already, as ``viz.drawing.head_board`` does; a click opens the head."""

    def picked() -> None:
        if place := st.session_state[key].picked:
            layer, head = place
            head_choice.choose(*beside_what_is_joined(layer, head, view, kind))

    _grid(data=data, key=key, on_picked_change=picked)


def mark_head(layer: int, head: int, kind: str = "self", beside: Iterable[str] = ()) -> None:
    """Frame the chosen head in the overview of its kind, and in none ``beside`` it; the pictures are not sent again."""
    others = [board_name(other) for other in beside if other != kind]
    _mark(data={"board": board_name(kind), "place": [layer, head], "beside": others}, key="head_mark", height=0)


def cover(run: Run, places: Iterable[tuple[int, int]], kind: str, row: int) -> None:
    """Cover the small maps of some heads of a kind, and those of ``row`` where a head is drawn in every prompt.

    Whatever was covered before and is not named is shown again; the pictures are not sent again.
    """
    hidden = [list(place) for place in places]
    prompts = [list(divmod(row, PROMPTS_ACROSS))] if hidden else []
    boards = {board_name(of): hidden if of == kind else [] for of in run.maps}
    _cover(data={"boards": boards | {"prompts": prompts}}, key="head_cover", height=0)


def mark_prompt(row: int) -> None:
    """Frame the chosen prompt among the tiles, without sending the pictures again."""
    _mark(data={"board": "prompts", "place": divmod(row, PROMPTS_ACROSS)}, key="prompt_mark", height=0)
