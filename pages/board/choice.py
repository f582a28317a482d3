"""Hold what a head board shows: the measured job, the pair of words, order and bound. It lives in the address."""

from dataclasses import dataclass

import streamlit as st

from pages.ui import head_choice
from pages.ui.question import number, one_of, set_address
from viz.analysis.heads.boards import ORDERS, PAIR, measure_label, word_named, word_names
from viz.analysis.heads.measures import MEASURES
from viz.analysis.reasons.contribution import CONTRIBUTION, WEIGHT
from viz.records import Run
from viz.text import _


@dataclass(frozen=True, slots=True)
class BoardChoice:
    """Say what is shown: a measure, whether special tokens count, how heads are ordered and which are left out."""

    measure: str
    count_special: bool
    order: str
    bound: float | None
    own_scale: bool
    by: str  # weight or contribution


def controls() -> BoardChoice:
    """Show the choice of the job, its order, its bound and its scale; each changes the board without a pass."""
    _read_address()
    measure_column, order_column, bound_column = st.columns([2, 1, 1], vertical_alignment="bottom")
    measure = measure_column.selectbox(
        _("Colour the heads by"),
        list(MEASURES),
        key="board_measure",
        format_func=measure_label,
        on_change=head_choice.draw_again,
    )
    orders = {"best": _("best first"), "last": _("best last"), "place": _("by layer and head")}
    order = order_column.selectbox(
        _("List them"), ORDERS, key="board_order", format_func=orders.__getitem__, on_change=head_choice.draw_again
    )
    lowest = MEASURES[measure].lowest_first
    bound = bound_column.number_input(
        _("Only heads with at most") if lowest else _("Only heads with at least"),
        0.0,
        None,
        key="board_bound",
        step=0.1,
        placeholder=_("all heads"),
        on_change=head_choice.draw_again,
    )
    with st.container(horizontal=True):
        special = st.toggle(
            _("Count special tokens such as [CLS] and [SEP]"), key="board_special", on_change=head_choice.draw_again
        )
        own = st.toggle(_("Colours up to the largest value"), key="board_own_scale", on_change=head_choice.draw_again)
        ways = {WEIGHT: _("by weight"), CONTRIBUTION: _("by contribution")}
        by = st.segmented_control(
            _("Measure"),
            [WEIGHT, CONTRIBUTION],
            key="board_by",
            format_func=ways.__getitem__,
            required=True,
            label_visibility="collapsed",
            on_change=head_choice.draw_again,
        )
    choice = BoardChoice(measure, special, order, bound, own, by or WEIGHT)
    _write_address(choice)
    return choice


def pair_controls(run: Run, row: int) -> tuple[str, str]:
    """Show the two words of the measure ``pair`` and give their names in the open text."""
    names = list(word_names(run, row))
    wanted = st.session_state.setdefault("board_pair", [st.query_params.get("query"), st.query_params.get("key")])
    chosen = []
    labels = (_("query (this word looks)"), _("key (at this word)"))
    for at, (column, label) in enumerate(zip(st.columns(2), labels, strict=True)):
        known = word_named(run, row, wanted[at])
        key = f"board_word_{at}"
        st.session_state[key] = known if known is not None else names[min(_DEFAULT_WORDS[at], len(names) - 1)]
        column.selectbox(label, names, key=key, on_change=_word_chosen)
        chosen.append(st.session_state[key])
    st.session_state["board_pair"] = chosen
    st.query_params.update(query=chosen[0], key=chosen[1])
    return chosen[0], chosen[1]


_DEFAULT_WORDS = (4, 3)  # in the first example: slow looks at moves


def _word_chosen() -> None:
    st.session_state["board_pair"] = [st.session_state["board_word_0"], st.session_state["board_word_1"]]
    head_choice.draw_again()


def _read_address() -> None:
    """Fill the fields where they are new: from what was shown before, or from the address."""
    if "board_measure" in st.session_state:
        return
    given, kept = st.query_params, st.session_state.get("board_choice")
    if kept is None:
        kept = BoardChoice(
            one_of(*MEASURES)(given.get("measure", "")) or "previous",
            given.get("special", "1") != "0",
            one_of(*ORDERS)(given.get("order", "")) or "best",
            _bound(given.get("bound", "")),
            False,
            one_of(CONTRIBUTION)(given.get("by", "")) or WEIGHT,
        )
    st.session_state.update(
        board_measure=kept.measure,
        board_special=kept.count_special,
        board_order=kept.order,
        board_bound=kept.bound,
        board_own_scale=kept.own_scale,
        board_by=kept.by,
    )


def _write_address(choice: BoardChoice) -> None:
    st.session_state["board_choice"] = choice
    wanted: dict[str, str | None] = {
        "measure": choice.measure,
        "special": None if choice.count_special else "0",
        "order": None if choice.order == "best" else choice.order,
        "bound": None if choice.bound is None else str(choice.bound),
        "by": None if choice.by == WEIGHT else choice.by,
    }
    if choice.measure != PAIR:
        wanted |= {"query": None, "key": None}
    set_address(wanted)


def _bound(text: str) -> float | None:
    value = number(text)
    return value if value is not None and value >= 0 else None
