"""List the heads of a board with all their measures: sortable, a click opens the head, CSV to take along."""

import numpy as np
import streamlit as st

from pages.board.choice import BoardChoice
from pages.board.side import Side
from pages.ui import head_choice
from viz.analysis import tables
from viz.analysis.heads import boards
from viz.analysis.heads.boards import Head, Score, measure_label
from viz.analysis.reasons.contribution import WEIGHT
from viz.names import head_title
from viz.text import _, ngettext


def board_tables(sides: dict[str, Side], scores: dict[str, Score], choice: BoardChoice) -> None:
    """Show one table a side, and offer it as CSV."""
    for name, score in scores.items():
        heads = boards.listed(score, order=choice.order, bound=choice.bound)
        title = _("Heads of {side}").format(side=name.upper()) if len(sides) > 1 else _("Heads")
        st.header(title, anchor=False)
        _say_filter(len(heads), score, choice)
        columns = [score, *_others(sides[name], score, choice)]
        change = boards.difference(scores["a"], scores["b"]) if len(scores) == 2 and name == "a" else None
        _table(f"board_table_{name}_{choice.measure}_{choice.order}_{choice.bound}", columns, heads, change)
        shown = score.measure if sides[name].by == WEIGHT else f"{score.measure}_by_{sides[name].by}"
        file_name = f"heads_{shown}{'' if len(sides) == 1 else f'_{name}'}.csv"
        data = tables.as_csv(boards.board_table(columns, heads))
        st.download_button(
            _("These heads as CSV"),
            data,
            file_name,
            "text/csv",
            key=f"board_csv_{name}",
            on_click="ignore",
            icon=":material/download:",
        )


def _others(side: Side, score: Score, choice: BoardChoice) -> list[Score]:
    return [s for s in side.board.scores(count_special=choice.count_special).values() if s.measure != score.measure]


def _say_filter(n_shown: int, score: Score, choice: BoardChoice) -> None:
    if choice.bound is not None:
        message = ngettext(
            "{n} of {total} heads is within the bound.", "{n} of {total} heads are within the bound.", n_shown
        )
        st.caption(message.format(n=n_shown, total=score.mean.size))


def _table(key: str, columns: list[Score], heads: list[Head], change: np.ndarray | None) -> None:
    """Show heads with their values, and what the other board has more; a click on a row opens its head.

    In another order the rows are other heads, so the key differs: a row stays chosen where it is the same head.
    """
    shown: dict[str, list] = {_("head"): [head_title(*head) for head in heads]}
    for score in columns:
        title = measure_label(score.measure)
        shown[title] = [float(score.mean[head]) for head in heads]
        if score.n_texts > 1:
            shown[_("± {measure}").format(measure=title)] = [float(score.spread[head]) for head in heads]
        if change is not None and score is columns[0]:
            shown[_("B minus A")] = [float(change[head]) for head in heads]
    number = st.column_config.NumberColumn(format="%.4f")

    def picked() -> None:
        if rows := st.session_state[key].selection.rows:
            head_choice.choose(*heads[rows[0]])

    st.dataframe(
        shown,
        hide_index=True,
        key=key,
        height=300,
        on_select=picked,
        selection_mode="single-row",
        column_config={title: number for title in list(shown)[1:]},
    )
    st.caption(
        _("A click in the first column opens the head; a click on a title sorts. ± is the spread over the texts.")
    )
