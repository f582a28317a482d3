"""Show value zeroing: how far each layer's output moves at every token without the value of another one."""

import streamlit as st

from pages.ui import guard
from pages.ui.head_panel import TABLE_ROWS, Give
from pages.ui.heat_map import heat_map
from pages.ui.markdown import literal
from pages.ui.question import set_address
from viz.analysis import tables
from viz.analysis.reasons.value_zeroing import ValueZeroing, strongest_said, table
from viz.drawing.zeroing_map import zeroing_map
from viz.engine.local import engine
from viz.engine.reasons.requests import ZeroValues
from viz.engine.requests import Ask
from viz.names import folder_name, layer_label, parse_layer
from viz.text import _

AT_ONCE = 64  # tokens; a longer text's values are taken away when somebody asks for it


@guard.fragment(key="importance_zeroing")
def zeroing_panel(give: Give, request: Ask) -> None:
    """Draw the map of one layer; another layer runs only this part of the page."""
    st.header(_("Value zeroing: what moves a layer's output"), anchor=False)
    run = give()
    n_tokens = run.batch.n_tokens
    if n_tokens > AT_ONCE:
        label = _("Measure it: {n} copies of the text through every layer").format(n=n_tokens)
        if not st.toggle(label, key="zeroing_wanted"):
            return
    bar = st.empty()
    of = guard.attempt(engine.ask, ZeroValues(request), lambda share: bar.progress(share, _("Taking values away …")))
    bar.empty()
    if of is None:
        return
    layer = _layer(run.model.n_layers)
    said = strongest_said(of, layer)
    heat_map(zeroing_map(run, 0, of, layer), "zeroing_map", said)
    st.markdown(literal(said))
    st.caption(
        _(
            "The value vectors of one token (column) are set to zero in all heads of this layer, its attention stays; "
            "the cell is the cosine distance of the layer's output at a token (row) with and without them, 1 − cos, "
            "and each row is divided by its sum (Mohebbi et al. 2023). It counts the residual, the norms and the "
            "feed-forward part, which a map of attention leaves out."
        )
    )
    _table(of, layer, folder_name(run.batch.texts[0]))


def _layer(n_layers: int) -> int:
    """Choose the layer; it stands in the address."""
    if st.session_state.get("zeroing_layer") not in range(n_layers):
        given = parse_layer(st.query_params.get("layer", ""), n_layers)
        st.session_state["zeroing_layer"] = n_layers - 1 if given is None else given
    layer = st.selectbox(_("Layer"), range(n_layers), key="zeroing_layer", format_func=layer_label)
    set_address({"layer": layer_label(layer)})
    return layer


def _table(of: ValueZeroing, layer: int, folder: str) -> None:
    listed = table(of, layer)
    expander = st.expander(_("Table of this layer"), on_change="rerun", key="zeroing_table_open")
    if expander.open:
        names = (
            _("layer"),
            _("query position"),
            _("query"),
            _("key position"),
            _("key"),
            _("share of the row"),
            _("cosine distance"),
        )
        expander.dataframe(
            {name: column[:TABLE_ROWS] for name, column in zip(names, listed.values(), strict=True)},
            hide_index=True,
            height=300,
            key="zeroing_table",
        )
    st.download_button(
        _("CSV"),
        lambda: tables.as_csv(listed),
        f"{folder}_value_zeroing_{layer_label(layer)}.csv",
        "text/csv",
        key="zeroing_csv",
        icon=":material/download:",
        on_click="ignore",
    )
