"""Show the three masks of an encoder-decoder: the encoder's, the decoder's own, and the first where the two meet."""

import streamlit as st

from pages.inside.life import forms_table, modules_table, stations_table
from pages.inside.strips import inside_strips
from pages.ui import guard
from pages.ui.markdown import literal
from viz.analysis.masks.classical import hides_as, stacks_forms
from viz.engine.local import engine
from viz.engine.requests import TraceStacks, Translate
from viz.names import position_from_number, position_number
from viz.records import Run
from viz.shipped import shipped_names
from viz.text import _


@guard.fragment(key="life")
def stacks_life_panel(request: Translate) -> None:
    """List the stations of each mask, read while the model ran, beside the way it was shaped before."""
    run = engine.ask(request)
    _introduce(run)
    n_layers = max(stack.n_layers for stack in run.model.stacks)
    layer = position_from_number(st.number_input(_("Layer"), 1, n_layers, key="layer", bind="query-params", width=140))
    life = engine.ask(TraceStacks(request, layer))
    target = run.target or run.batch
    forms = stacks_forms(run.batch.attention_mask, target.attention_mask)
    for kind, name in _names().items():
        one = getattr(life, kind)
        st.header(name, anchor=False)
        if one.layer != layer:
            message = _("This stack ends with layer {n}, which is shown.")
            st.caption(message.format(n=position_number(one.layer)))
        stations_table(one, f"stations_{kind}")
        st.markdown(
            _("**The old way**, computed here: as code of the years before transformers 5 shaped the same mask")
        )
        forms_table(forms[kind], f"forms_{kind}")
        st.caption(_said(kind, hides_as(forms[kind][-1], run.maps[kind].added)))
        with st.expander(_("Where it happens: the modules on the way, and the mask each receives")):
            modules_table(one, f"modules_{kind}")
    st.caption(_("Read from the running model, transformers {version}.").format(version=life.cross.library))


def _introduce(run: Run) -> None:
    message = _(
        "{checkpoint} has an encoder and a decoder, and so three masks. Each is followed below. Masks by hand, stages "
        "of one cell and values that hide are shown for models of one stack: choose {shipped}. The heads of this model "
        "are on the page 'Translate and cross-attention'."
    )
    st.info(literal(message.format(checkpoint=run.model.checkpoint, shipped=shipped_names())))
    inside_strips(run.batch, _("source {number}"))
    if run.target is not None:
        inside_strips(run.target, _("target {number}"))


def _names() -> dict[str, str]:
    return {
        "encoder": _("The encoder's mask: source looks at source"),
        "decoder": _("The decoder's own mask: target looks at earlier target"),
        "cross": _("How the decoder receives the encoder's mask: target looks at source"),
    }


def _said(kind: str, same: bool) -> str:
    """Say how the old way compares with what the running model added."""
    if not same:
        return _("The running model adds something else today: at rows of padding, or in a window of its own.")
    if kind != "cross":
        return _("Broadcast over the queries, these are the numbers that the running model added.")
    return _(
        "Of old, invert_attention_mask gave [B, 1, 1, S], one row for all queries of the target. Today the decoder "
        "receives [B, 1, T, S], a row for each; broadcast, the old numbers are those that the running model added."
    )
