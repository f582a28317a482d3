"""Say what a model takes before anything is fetched: bytes to come, bytes that are here, memory; then offer it."""

import streamlit as st

from pages.models.download import Standing
from pages.models.form import CHECK, FETCH, ModelQuestion, offer
from pages.ui import guard
from pages.ui.markdown import literal
from viz import settings
from viz.amounts import size
from viz.errors import ModelTooLarge
from viz.listing import Weight
from viz.text import _

GB = 1e9


def weight_panel(question: ModelQuestion, weight: Weight, standing: Standing) -> None:
    """Show the sizes, and the button that fetches, or checks, where there is something to fetch or to check."""
    st.header(literal(weight.checkpoint), anchor=False)
    _sizes(weight)
    if weight.endpoint:
        st.text(_("Asked: {endpoint}").format(endpoint=weight.endpoint))  # not a link: whoever asks types it
    needed, limit = weight.model_bytes or weight.n_bytes, settings.current().max_model_bytes
    if needed > limit:
        guard.explain(ModelTooLarge(checkpoint=weight.checkpoint, gigabytes=needed / GB, limit=limit / GB))
    elif not weight.n_left:
        offer(question, _("Check that it loaded"), CHECK, "check_weighed")
    elif standing.status != "running":
        if question.wish == CHECK:
            st.info(_("It is not on this computer yet, so it cannot be checked. Download it first."))
        if not standing.can_go_on:
            offer(question, _("Download {size}").format(size=size(weight.n_left)), FETCH, "fetch_weighed")


def _sizes(weight: Weight) -> None:
    to_fetch, here, memory = st.columns(3)
    to_fetch.metric(_("To download"), size(weight.n_left))
    here.metric(_("On this computer"), _("{here} of {all}").format(here=size(weight.n_here), all=size(weight.n_bytes)))
    memory.metric(
        _("In memory, as float32"),
        size(weight.model_bytes) if weight.model_bytes else _("not known"),
        help=_("So much its weights take once they are loaded. Where the Hub does not know it, loading finds out."),
    )
