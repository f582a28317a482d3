"""Show how one query's attention comes about: scores, what the mask adds, the sum, the softmax."""

import streamlit as st

from pages.ui import guard, head_choice
from pages.ui.heat_map import heat_map
from pages.ui.markdown import literal
from pages.ui.question import whole
from viz.analysis.maps.cell_map import of_head
from viz.analysis.masks.stages import Stages, arithmetic, matrix_stages, stages
from viz.analysis.openings import masks
from viz.drawing.heatmap import head_map
from viz.drawing.stage_maps import added_map, score_map
from viz.engine.local import engine
from viz.engine.requests import Ask
from viz.names import head_title, position_from_number, position_number
from viz.records import Run
from viz.text import _

MAP_PX = 430
MAPS = "stage_maps"


@guard.fragment(key=head_choice.PANEL)
def stages_panel(request: Ask, row: int) -> None:
    """Draw the stages of the open head for a query token; choosing another one runs only this part, and no pass."""
    run = engine.ask(request)
    layer, head = head_choice.controls(run.model)
    query, key = _token_controls(run, row)
    one = stages(run, row, layer, head, query)
    st.markdown(
        _(
            "**{head}**, query **{query}**: scores q·k/√d, what the mask adds, their sum, and its softmax over the "
            "keys."
        ).format(head=head_title(layer, head), query=literal(run.batch.tokens[row][query]))
    )
    _rows(one)
    st.code(f"{one.tokens[query]} → {one.tokens[key]}:  {arithmetic(one, key)}", language=None)
    picture, words = st.columns([3, 2], gap="medium")
    figure = head_map(run, row, layer, head, height=MAP_PX, query=query)
    spoken = _("attention of {head}").format(head=head_title(layer, head))
    heat_map(figure, "attention_map", spoken, cells=of_head(run, row, layer, head), place=picture)
    said = _("The softmax of the sums differs from the model's own attention by at most {difference:.1e}.")
    words.caption(said.format(difference=one.largest_difference))
    if one.nothing_added:
        words.caption(_("The model added nothing here: no token is padded or hidden, so the library makes no mask."))


@guard.fragment(key=MAPS)
def stage_maps(request: Ask, row: int) -> None:
    """Draw scores and mask of all queries; another open query leaves them as they are drawn."""
    run = engine.ask(request)
    layer, head = head_choice.chosen(run.model)
    maps = matrix_stages(run, row, layer, head)
    figures = {
        _("scores of all queries, before the mask"): score_map(maps, height=MAP_PX),
        _("what the mask adds, for all queries"): added_map(maps, height=MAP_PX),
    }
    for number, (column, (name, figure)) in enumerate(zip(st.columns(2), figures.items())):
        column.caption(name)
        heat_map(figure, f"stage_map_{number}", f"{head_title(layer, head)}: {name}", place=column)


def stages_said(request: Ask, row: int) -> list[str]:
    """Say for the opening of the page what the open head's mask does to the row of the open query."""
    run = engine.ask(request)
    return masks.inside(run, row, *head_choice.chosen(run.model), open_query(run, row))


def open_query(run: Run, row: int) -> int:
    """Give the open query position, the last one where the text has fewer."""
    return min(st.session_state.get("open_query", _default("query", run, row)), run.batch.n_tokens - 1)


def _token_controls(run: Run, row: int) -> tuple[int, int]:
    """Ask for the query and the key; the query lives in the address (``?query=5``), counted from 1."""
    tokens = run.batch.tokens[row]

    def name(position: int) -> str:
        return f"{position_number(position)} {tokens[position]}"

    n_tokens = len(tokens)
    at = {
        "query": open_query(run, row),
        "key": min(st.session_state.get("open_key", _default("key", run, row)), n_tokens - 1),
    }
    columns = st.columns(2)
    for column, (which, label) in zip(
        columns, (("query", _("query (this token looks)")), ("key", _("key (at this token)")))
    ):
        st.session_state[f"choose_{which}"] = at[which]
        column.selectbox(
            label, range(n_tokens), format_func=name, key=f"choose_{which}", on_change=_chosen, args=(which,)
        )
    st.query_params["query"] = str(position_number(at["query"]))
    return at["query"], at["key"]


def _default(which: str, run: Run, row: int) -> int:
    """Open on the token of the address, or on the one that looks most interestingly in the first example."""
    number = whole(st.query_params.get(which, ""))
    if number is not None and number > 0:
        return position_from_number(number)
    return int(run.batch.attention_mask[row].argmax()) + (4 if which == "query" else 3)


def _chosen(which: str) -> None:
    st.session_state[f"open_{which}"] = st.session_state[f"choose_{which}"]
    head_choice.draw_again(head_choice.PANEL, "fills", head_choice.OPENING)


def _rows(one: Stages) -> None:
    """List the stages as rows over the keys; every number can be copied."""
    names = [_("score q·k/√d"), _("+ mask"), _("= sum"), _("softmax = attention")]
    stages_of = (one.scores, one.added, one.total, one.attention)
    columns = {
        f"{position_number(at)} {token}": [f"{stage[at]:.5g}" for stage in stages_of]
        for at, token in enumerate(one.tokens)
    }
    st.dataframe({_("stage"): names} | columns, hide_index=True, key="stage_rows")
