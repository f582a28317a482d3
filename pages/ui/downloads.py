"""Offer a head's map, all heads and the run as files; each is made when it is asked for."""

import io
from collections.abc import Callable, Hashable, Iterable
from functools import partial

import streamlit as st

from pages.ui import drawing_choice
from pages.ui.copy_button import copy_button
from pages.ui.long_files import LongFile, offer
from pages.ui.markdown import literal
from viz.analysis import tables
from viz.analysis.reasons import contribution
from viz.drawing import diagrams, overview, pdf, poster, svg
from viz.drawing.caption import text_of
from viz.errors import VizError
from viz.files import page_html, saved
from viz.names import diagram_name
from viz.records import Run
from viz.text import _, sentence

# Weights of which a file is made in less than a second: a poster or a page, and a picture of each head.
QUICK, QUICK_PICTURES = 1_200_000, 40_000


def downloads(
    give: Callable[[], Run],
    seen: Callable[[], Run],
    opened: tuple[int, int, int],
    place: tuple[int, int, int],
    kind: str,
    folder: str,
) -> None:
    """Offer files of the maps as they are seen, and the run as the model gave it.

    ``give`` gets the run and ``seen`` the run as it is seen: what waits for a click holds neither. The open head is
    ``opened`` in the run and ``place`` in what is seen.
    """
    popover = st.popover(_("Download"), icon=":material/download:", on_change="rerun", key="downloads_open")
    if not popover.open:
        return
    with popover:
        _one_head(give, seen, opened, place, kind)
        _all_heads(seen, place, kind, folder)
        _button(_("The run as .npz"), lambda: saved.as_bytes(give()), f"{folder}.npz", "application/octet-stream")


def _one_head(
    give: Callable[[], Run],
    seen: Callable[[], Run],
    opened: tuple[int, int, int],
    place: tuple[int, int, int],
    kind: str,
) -> None:
    row, layer, head = place
    run = seen()
    name = partial(diagram_name, layer, head, kind=kind, view=run.view)
    sheet = partial(
        drawing_choice.sheet,
        place=place,
        kind=kind,
        as_lines=drawing_choice.shows_lines(run, kind),
        numbers=drawing_choice.shows_numbers(run, kind),
    )
    _button(_("This head as PNG"), lambda: _png(seen(), *place, kind), name("png"), "image/png")
    _button(_("This head as SVG"), lambda: svg.written(sheet(seen())), name("svg"), "image/svg+xml")
    if _pdf_holds(run, row, kind):
        _button(_("This head as PDF"), lambda: pdf.written(sheet(seen())), name("pdf"), "application/pdf")
    _button(
        _("This head as CSV"),
        lambda: tables.as_csv(_table(give(), seen(), opened, place, kind)),
        name("csv"),
        "text/csv",
    )
    copy_button(tables.as_tsv(run, *place, kind=kind), _("Copy this head's numbers"))


def _table(
    run: Run, seen: Run, opened: tuple[int, int, int], place: tuple[int, int, int], kind: str
) -> dict[str, list]:
    if seen.view.contribution:
        return contribution.head_table(run, *opened, kind=kind)
    return tables.head_table(seen, *place, kind=kind)


def _pdf_holds(run: Run, row: int, kind: str) -> bool:
    """Tell whether every letter could stand in a PDF; where one could not, say which and why."""
    of = run.maps[kind]
    try:
        pdf.check((*of.queries[row], *of.keys[row], text_of(run, row, kind), run.model.checkpoint))
    except VizError as error:
        st.caption(literal(sentence(error)))
        return False
    return True


def _all_heads(seen: Callable[[], Run], place: tuple[int, int, int], kind: str, folder: str) -> None:
    row, layer, head = place
    run = seen()
    one_text = run.maps[kind].attentions[row].size
    all_texts = sum(maps.attentions.size for maps in run.maps.values())

    def drawn() -> Hashable:
        return _identity(seen(), [row], [kind])

    def written() -> Hashable:
        of = seen()
        return place, kind, _identity(of, range(len(of.batch.texts)), of.maps)

    files = [
        LongFile(
            "zip",
            _("All heads as ZIP"),
            f"{folder}.zip",
            "application/zip",
            lambda hear: diagrams.zip_all(seen(), row, kind, hear),
            drawn,
            one_text <= QUICK_PICTURES,
        ),
        LongFile(
            "poster",
            _("All heads as a poster (PNG)"),
            f"{folder}_poster.png",
            "image/png",
            lambda hear: poster.poster(seen(), row, kind, hear),
            drawn,
            one_text <= QUICK,
        ),
        LongFile(
            "page",
            _("All heads as a page that works offline (HTML)"),
            f"{folder}.html",
            "text/html",
            lambda hear: page_html.page(seen(), row=row, kind=kind, place=(layer, head), hear=hear),
            written,
            all_texts <= QUICK,
        ),
    ]
    for file in files:
        if not (file.key == "page" and run.view.contribution):  # its numbers go from 0 to 1
            offer(file)


def _identity(run: Run, rows: Iterable[int], kinds: Iterable[str]) -> Hashable:
    """Name what a file of all heads is made from: weights, words, texts and the model."""
    drawn = tuple(overview.picture_key(run, row, kind) for row in rows for kind in kinds)
    words = tuple((maps.queries, maps.keys) for maps in run.maps.values())
    return drawn, words, run.batch.texts, None if run.target is None else run.target.texts, run.model.checkpoint


def _button(label: str, make: Callable[[], str | bytes], file_name: str, mime: str) -> None:
    st.download_button(label, make, file_name, mime, key=f"download_{mime}", on_click="ignore", width="stretch")


def _png(run: Run, row: int, layer: int, head: int, kind: str) -> bytes:
    buffer = io.BytesIO()
    diagrams.draw(run, row, layer, head, kind).save(buffer, format="PNG")
    return buffer.getvalue()
