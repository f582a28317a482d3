"""Show what each part wrote: in a sentence, on a board of heads, in bars a layer, in a table."""

import streamlit as st

from pages.ui.chart import chart
from pages.ui.head_grid import number_grid
from pages.ui.markdown import literal
from viz.analysis import tables
from viz.analysis.reasons.attribution import Attribution, Part, by_layer, rest, strongest, table
from viz.drawing.head_board import attribution_board
from viz.drawing.layer_bars import layer_bars
from viz.names import folder_name, head_title, layer_label
from viz.text import _, number

N_NAMED = 5


def shares_panel(of: Attribution, text: str) -> None:
    """Say the sum, draw heads and layers, and list every part."""
    _say(of)
    board, bars = st.columns([3, 2], gap="medium")
    with board:
        st.markdown(_("**Heads**"))
        number_grid(attribution_board(of.heads, of.model), key="attribution_board")
    with bars:
        st.markdown(_("**Layers**"))
        spoken = _("Bars for each layer: what its heads and what its MLP wrote")
        chart(layer_bars(by_layer(of)), "attribution_layers", spoken)
        named = "; ".join(f"{_named(part)} {_signed(part.value)}" for part in strongest(of)[:N_NAMED])
        st.markdown(literal(_("Wrote most, either way: {parts}.").format(parts=named)))
    st.caption(literal(_explained()))
    _table(of, text)


def _say(of: Attribution) -> None:
    """Say both words, the number that is shared out, and that the parts sum to it."""
    answer, rival = (None if word is None else f"**{literal(word)}**" for word in of.words)
    if of.answer_id == of.rival_id:
        st.info(_("Answer and rival are the same word, so there is nothing between them. Choose another rival."))
    message = _(
        "logit({answer}) − logit({rival}) = {a} − {b} = **{difference}** in the model; {n} parts sum to {total}."
    )
    said = {"answer": answer, "rival": rival, "n": number(of.n_parts), "total": _signed(of.total, 4)}
    said |= {"a": _signed(of.answer_logit), "b": _signed(of.rival_logit or 0.0), "difference": _signed(of.logit, 4)}
    st.markdown(message.format(**said))
    layers = by_layer(of)
    message = _("Heads wrote {heads}, MLPs {mlps}, the embeddings {start}, the biases at the end {end}.")
    before, after = rest(of)
    sums = {"heads": float(layers["heads"].sum()), "mlps": float(layers["mlp"].sum()), "start": before, "end": after}
    st.markdown(message.format(**{name: f"**{_signed(value)}**" for name, value in sums.items()}))


def _explained() -> str:
    return _(
        "Contribution of a part = its vector at the last token, minus its mean, divided by the last norm's scale in "
        "this pass, times that norm's weight, times (the answer's row of the output layer − the rival's). The scale "
        "stays what it was, though without the part it would be another. A head's vector is what it gathers, times its "
        "part of the output projection; the projection's bias belongs to no head and is counted with its layer. A part "
        "also changes what later parts compute: that is counted there, not here."
    )


def _table(of: Attribution, text: str) -> None:
    listed = table(of)
    parts = strongest(of)
    expander = st.expander(_("Table of all parts"), on_change="rerun", key="attribution_table_open")
    if expander.open:
        shown = {_("part"): [_named(part) for part in parts], _("contribution"): listed["contribution"]}
        config = {_("contribution"): st.column_config.NumberColumn(format="%+.5f")}
        expander.dataframe(shown, hide_index=True, height=320, column_config=config, key="attribution_table")
    st.download_button(
        _("All parts as CSV"),
        lambda: tables.as_csv(listed),
        f"{folder_name(text)}_attribution.csv",
        "text/csv",
        key="attribution_csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _named(part: Part) -> str:
    """Name a part in words."""
    if part.layer is None:
        return {
            "token": _("word embedding"),
            "position": _("position embedding"),
            "norm_bias": _("bias of the last norm"),
            "word_bias": _("bias of the output layer"),
        }[part.kind]
    if part.head is not None:
        return head_title(part.layer, part.head)
    name = _("MLP of {layer}") if part.kind == "mlp" else _("attention output bias of {layer}")
    return name.format(layer=layer_label(part.layer))


def _signed(value: float, digits: int = 3) -> str:
    return number(value, digits, signed=True)
