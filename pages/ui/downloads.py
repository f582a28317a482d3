"""Offer a head's map, all heads and the run as files; each is made when it is asked for."""

import io
from collections.abc import Callable
from functools import partial

import streamlit as st

from pages.ui import view_choice
from pages.ui.markdown import literal
from viz.analysis import tables
from viz.drawing import diagrams, pdf, svg
from viz.drawing.caption import text_of
from viz.drawing.map_sheet import map_sheet
from viz.errors import VizError
from viz.files import saved
from viz.names import diagram_name
from viz.records import Run
from viz.text import _, sentence


def downloads(
    give: Callable[[], Run], seen: Callable[[], Run], place: tuple[int, int, int], kind: str, folder: str
) -> None:
    """Offer files of the maps as they are seen, and the run as the model gave it.

    ``give`` gets the run and ``seen`` the run as it is seen: what waits for a click holds neither.
    """
    popover = st.popover(_("Download"), icon=":material/download:", on_change="rerun", key="downloads_open")
    if not popover.open:
        return
    row, layer, head = place
    name = partial(diagram_name, layer, head, kind=kind, view=view_choice.current())
    with popover:
        _button(_("This head as PNG"), lambda: _png(seen(), *place, kind), name("png"), "image/png")
        _button(
            _("This head as SVG"), lambda: svg.written(map_sheet(seen(), *place, kind)), name("svg"), "image/svg+xml"
        )
        _pdf_button(seen, place, kind, name("pdf"))
        _button(
            _("This head as CSV"),
            lambda: tables.as_csv(tables.head_table(seen(), *place, kind=kind)),
            name("csv"),
            "text/csv",
        )
        _button(_("All heads as ZIP"), lambda: diagrams.zip_all(seen(), row, kind), f"{folder}.zip", "application/zip")
        _button(_("The run as .npz"), lambda: saved.as_bytes(give()), f"{folder}.npz", "application/octet-stream")


def _pdf_button(seen: Callable[[], Run], place: tuple[int, int, int], kind: str, file_name: str) -> None:
    """Offer the PDF; where a letter could not stand in it, say which and why instead."""
    run, (row, _layer, _head) = seen(), place
    try:
        of = run.maps[kind]
        pdf.check((*of.queries[row], *of.keys[row], text_of(run, row, kind), run.model.checkpoint))
    except VizError as error:
        st.caption(literal(sentence(error)))
        return
    _button(_("This head as PDF"), lambda: pdf.written(map_sheet(seen(), *place, kind)), file_name, "application/pdf")


def _button(label: str, make: Callable[[], str | bytes], file_name: str, mime: str) -> None:
    st.download_button(label, make, file_name, mime, key=f"download_{mime}", on_click="ignore", width="stretch")


def _png(run: Run, row: int, layer: int, head: int, kind: str) -> bytes:
    buffer = io.BytesIO()
    diagrams.draw(run, row, layer, head, kind).save(buffer, format="PNG")
    return buffer.getvalue()
