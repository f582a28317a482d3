"""Show which tokens of the two runs are paired, and say what differs between their models."""

from functools import partial

import numpy as np
import streamlit as st

from pages.compare.pair import RunPair
from viz.analysis.compare.alignment import Alignment
from viz.analysis.compare.comparison import Comparison, hidden_keys
from viz.drawing.alignment_strip import aligned
from viz.text import _

LONG, SCROLL_PX = 150, 360  # columns; more of them scroll, so that the heads stay near


def alignment(pair: RunPair) -> None:
    """Draw A above B, a pair a column; of cross-attention once for the target and once for the source."""
    of = pair.comparison()
    st.header(_("Which tokens are the same"), anchor=False)
    if of.kind == "cross":
        _strip(of, of.queries, _("queries (target)"), on_keys=False)
        _strip(of, of.keys, _("keys (source)"), on_keys=True)
    else:
        _strip(of, of.keys, _("queries and keys"), on_keys=True)
    for said in _differences(of):
        st.info(said)


def _strip(of: Comparison, tokens: Alignment, label: str, *, on_keys: bool) -> None:
    sides = list(zip((of.before, of.after), of.rows, strict=True))
    rows = [(run.maps[of.kind].keys if on_keys else run.maps[of.kind].queries)[row] for run, row in sides]
    notes = [partial(_note, hidden_keys(run, row, of.kind)) if on_keys else _no_note for run, row in sides]
    n_columns = len(tokens.pairs) + len(tokens.alone_before) + len(tokens.alone_after)
    place = st.container(height=SCROLL_PX) if n_columns > LONG else st.container()
    place.html(aligned(tokens, (rows[0], rows[1]), ("A", "B"), label, (notes[0], notes[1])))
    n_a, n_b = (sum(len(getattr(pair, side)) for pair in tokens.pairs) for side in ("before", "after"))
    message = _("Paired: {a} of {all_a} tokens of A, {b} of {all_b} of B. Padding is left out and never paired.")
    st.caption(message.format(a=n_a, all_a=n_a + len(tokens.alone_before), b=n_b, all_b=n_b + len(tokens.alone_after)))


def _note(hidden: np.ndarray, position: int) -> str:
    return _("hidden") if hidden[position] else ""


def _no_note(_position: int) -> str:
    return ""


def _differences(of: Comparison) -> list[str]:
    """Say where the two models cannot be compared head by head or token by token."""
    a, b, shared = of.before.stack(of.kind), of.after.stack(of.kind), of.shared
    said = []
    if (a.n_layers, a.n_heads) != (b.n_layers, b.n_heads):
        message = _(
            "A has {a_layers} layers of {a_heads} heads, B {b_layers} of {b_heads}. Compared are the {layers} x "
            "{heads} that both have, each head with the one of the same layer and number; the others are left out."
        )
        said.append(
            message.format(
                a_layers=a.n_layers,
                a_heads=a.n_heads,
                b_layers=b.n_layers,
                b_heads=b.n_heads,
                layers=shared.n_layers,
                heads=shared.n_heads,
            )
        )
    if of.before.model.family != of.after.model.family:
        said.append(_("These are models of different families: a head of one name need not do the same job in both."))
    if of.reads_both_ways:
        forward, other = ("A", "B") if of.before.model.causal else ("B", "A")
        message = _(
            "{forward} reads from left to right and {other} both ways: what {forward} may not look at yet counts as "
            "attention of 0, and much of the difference is that."
        )
        said.append(message.format(forward=forward, other=other))
    return said
