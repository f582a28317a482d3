"""Hold the two runs that are compared: by what questions, of which kind, and which text of each."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.compare.form import SideQuestion
from pages.ui.question import one_of
from viz.analysis.compare.comparison import KINDS, Comparison, kinds_of_both, paired
from viz.analysis.compare.movement import head_changes
from viz.analysis.views.viewed import viewed
from viz.engine.local import engine
from viz.labels import shortened
from viz.names import kind_names, position_number
from viz.records import Run
from viz.text import _
from viz.view import PLAIN, View


@dataclass(frozen=True, slots=True)
class RunPair:
    """Name two runs and what of them is compared. It holds no run, so what outlives a run of the page may hold it."""

    a: SideQuestion
    b: SideQuestion
    kind: str
    rows: tuple[int, int]

    @property
    def names(self) -> tuple[str, str]:
        """What is said beside the maps of each side."""
        return f"A: {self.a.name}", f"B: {self.b.name}"

    def comparison(self) -> Comparison:
        """Pair the tokens of both runs, once for all visitors; raises what the runs raise."""
        return self.seen(PLAIN)

    def seen(self, view: View) -> Comparison:
        """Pair the tokens of both runs as a view shows them; raises what the runs raise."""
        sides = zip((self.a.run(), self.b.run()), self.rows, strict=True)
        (before, row_a), (after, row_b) = (viewed(run, row, view) for run, row in sides)
        place, rows = (before, after, self.kind), (row_a, row_b)
        queries, keys = engine.remember(("paired tokens", self, view), lambda: paired(*place, rows))
        return Comparison(*place, queries, keys, rows)

    def changes(self, of: Comparison) -> np.ndarray:
        """Give how far each head of a view moved, ``[L, H]``; measured once for all visitors."""
        return engine.remember(("head changes", self, of.after.view), lambda: head_changes(of))


def choose(a: SideQuestion, b: SideQuestion) -> RunPair:
    """Show which kind and which texts are compared, where there are several. Raises ``NoKindInCommon``."""
    runs = a.run(), b.run()
    kind = _kind(kinds_of_both(*runs))
    rows = [_row(run, side) for run, side in zip(runs, ("A", "B"), strict=True)]
    return RunPair(a, b, kind, (rows[0], rows[1]))


def _kind(there: tuple[str, ...]) -> str:
    """Give the kind that is compared; it lives in the address."""
    wanted = st.session_state.get("compare_kind") or one_of(*KINDS)(st.query_params.get("kind", ""))
    kind = wanted if wanted in there else there[-1]
    if len(there) == 1:
        st.query_params.pop("kind", None)
        return kind
    st.session_state["compare_kind"] = st.query_params["kind"] = kind
    names = kind_names()
    st.segmented_control(_("Attention"), there, key="compare_kind", format_func=names.__getitem__, required=True)
    return kind


def _row(run: Run, side: str) -> int:
    """Give the text of a run that is compared."""
    texts = run.batch.texts
    if len(texts) == 1:
        return 0
    key = f"compare_row_{side}"
    if st.session_state.get(key, 0) >= len(texts):
        st.session_state[key] = 0
    return st.selectbox(
        _("Text of {side}").format(side=side),
        range(len(texts)),
        key=key,
        format_func=lambda at: f"{position_number(at)}  {shortened(texts[at])}",
    )
