"""Which value hides?: what each value in each number type leaks on this row, and what it makes of the whole model."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from pages.inside.stages import open_query
from pages.ui import guard, head_choice
from pages.ui.answer_shift import answer_shift
from viz.analysis.masks.hiding import DTYPES, FILLS, FillResult, Hiding
from viz.analysis.masks.stages import stages
from viz.engine.local import engine
from viz.engine.requests import Ask, TryValues
from viz.records import Run
from viz.text import _

NAMES = {"-inf": "-inf", "min": "finfo.min", -1e9: "-1e9", -1e4: "-1e4", -100.0: "-100", -10.0: "-10", -1.0: "-1"}


@guard.fragment(key="fills")
def hiding_values_panel(request: Ask, row: int) -> None:
    """List the values on the open query's scores, then run the whole model with one of them."""
    run = engine.ask(request)
    layer, head = head_choice.chosen(run.model)
    one = stages(run, row, layer, head, open_query(run, row))
    hidden = one.added != 0
    if not hidden.any():
        st.info(
            _(
                "Nothing is hidden from this query, so no value has anything to hide. Hide a token above, or add a "
                "longer text."
            )
        )
        return
    _table(engine.ask(TryValues(tuple(one.scores.tolist()), tuple(hidden.tolist()))))
    _rerun(run, row, request)


def _table(results: Sequence[FillResult]) -> None:
    """Put values in rows; for each number type what it holds, what leaks, what a fully hidden row becomes."""
    words = {
        "uniform": _("uniform"),
        "NaN": "NaN",
        "as unmasked": _("as if nothing were hidden"),
        "mixed": _("something between"),
    }
    table: dict[str, list] = {_("value"): [NAMES[fill] for fill in FILLS]}
    for dtype in DTYPES:
        column = [r for r in results if r.hiding.dtype == dtype]
        table[_("{dtype} holds").format(dtype=dtype)] = [f"{r.stored:.5g}" for r in column]
        table[_("leak") + f" ({dtype})"] = ["NaN" if r.is_nan else f"{r.leak:.2g}" for r in column]
        table[_("every key hidden") + f" ({dtype})"] = [words[r.fully_hidden] for r in column]
    st.dataframe(table, hide_index=True, key="fills_table")
    st.caption(
        _(
            "Computed on this row's real scores. Leak: the attention that hidden keys still get. “Every key hidden”: "
            "what the row becomes when no key is left. While one key is open, -inf, finfo.min and -1e4 hide equally "
            "well."
        )
    )


def _rerun(run: Run, row: int, request: Ask) -> None:
    """Run the model with another value in all its layers and compare the answer."""
    st.markdown(_("**The whole model with another value**"))
    value, dtype = st.columns(2)
    fill = value.selectbox(_("value that hides"), FILLS, index=6, format_func=NAMES.__getitem__, key="fill")
    kind = dtype.selectbox(_("number type of scores and softmax"), DTYPES, key="fill_dtype")
    places = [n for n, (at, _position) in enumerate(run.readouts) if at == row]
    after = guard.attempt(engine.ask, replace(request, hiding=Hiding(fill, kind)))
    if after is None:
        return
    for n in places:
        answer_shift(run, after, n, "fills")
    if not places and run.model.words == "read":
        st.caption(_("There is no [MASK] in this text, so there is no answer to compare."))
