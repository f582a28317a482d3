"""Draw pictures once for all visitors: the overview of heads, the tiles of prompts, the map of a head."""

import streamlit as st

from viz.drawing import heatmap, overview
from viz.records import Run

BARE = {"displayModeBar": False}  # how every Plotly chart is shown


def overview_payload(run: Run, row: int) -> bytes:
    """Give the picture of all heads for the browser, drawn once for all visitors."""
    return _overview_payload(overview.picture_key(run, row), run, row)


def prompt_payload(run: Run, layer: int, head: int) -> bytes:
    """Give the picture of one head in every prompt for the browser, drawn once for all visitors."""
    return _prompt_payload(overview.prompt_tiles_key(run, layer, head), run, layer, head)


def head_figure(run: Run, row: int, layer: int, head: int, own_scale: bool, query: int | None = None):
    """Give the map of one head, drawn once for all visitors; ``own_scale`` ends its colours at its largest weight."""
    labels = "\0".join(run.batch.tokens[row])  # equal weights may stand under other words: all unknown words are one id
    return _head_figure(overview.picture_key(run, row), labels, run, row, layer, head, own_scale, query)


@st.cache_resource(max_entries=64, show_spinner=False)
def _overview_payload(key: str, _run: Run, _row: int) -> bytes:
    return overview.payload(_run, _row, key)


@st.cache_resource(max_entries=64, show_spinner=False)
def _prompt_payload(key: str, _run: Run, _layer: int, _head: int) -> bytes:
    return overview.prompt_tiles(_run, _layer, _head, key)


@st.cache_resource(max_entries=64, show_spinner=False)
def _head_figure(
    key: str, labels: str, _run: Run, _row: int, layer: int, head: int, own_scale: bool, query: int | None
):
    return heatmap.head_map(_run, _row, layer, head, own_scale=own_scale, query=query)
