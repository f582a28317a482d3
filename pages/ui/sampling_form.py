"""Ask how prompts are continued: greedy, or sampled with temperature, top-k, top-p and a seed."""

import streamlit as st

from viz import settings
from viz.analysis.batches.generation import Sampling
from viz.text import _

KEPT = "session"  # the same choice on every page that continues prompts


def ask_sampling() -> Sampling:
    """Show the choices and give them; greedy until sampling is switched on."""
    length, way = st.columns([1, 3], vertical_alignment="bottom")
    n = length.number_input(
        _("New tokens"), 1, settings.current().max_new_tokens, 10, key="max_new_tokens", persist_state=KEPT
    )
    if not way.toggle(
        _("Sample (draw the next word at random) instead of taking the best"), key="sample", persist_state=KEPT
    ):
        return Sampling(max_new_tokens=n)
    temperature, top_k, top_p, seed = st.columns(4)
    return Sampling(
        max_new_tokens=n,
        temperature=temperature.number_input(
            _("temperature"), 0.05, 10.0, 1.0, 0.05, key="temperature", persist_state=KEPT
        ),
        top_k=top_k.number_input(_("top-k (0 = all words)"), 0, 1000, 50, key="top_k", persist_state=KEPT),
        top_p=top_p.number_input(_("top-p"), 0.01, 1.0, 1.0, 0.05, key="top_p", persist_state=KEPT),
        seed=seed.number_input(_("seed"), 0, 2**32 - 1, 0, key="seed", persist_state=KEPT),
    )
