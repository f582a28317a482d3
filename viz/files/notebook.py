"""Show a run in a notebook without a server: one head, all heads, the offline page; each can be saved as a file.

What is displayed holds its own bytes: a notebook that was saved shows it again without Headlight. Token text stands in
pictures and in a page of its own, never in the notebook's HTML.
"""

import base64
import html
from dataclasses import dataclass
from pathlib import Path

from viz import whole_file
from viz.analysis import tables
from viz.drawing import lines, map_sheet, pdf, poster, svg
from viz.drawing.map_sheet import USUAL_NUMBERS, has_room_for_numbers
from viz.drawing.shapes import Sheet
from viz.files import page_html
from viz.names import head_label, parse_head
from viz.records import Run
from viz.text import _

_PAGE_PX = 820


@dataclass(frozen=True, slots=True)
class HeadShown:
    """One head; ``save`` writes a PDF where the name ends so, else an SVG."""

    sheet: Sheet
    spoken: str

    def _repr_html_(self) -> str:
        return _image(svg.written(self.sheet).encode(), "image/svg+xml", f"{self.sheet.title}. {self.spoken}")

    def save(self, path: str | Path) -> None:
        """Write the file. Raises ``NoFontFor`` or ``NeedsShaping`` where a PDF cannot hold the text."""
        as_pdf = Path(path).suffix.lower() == ".pdf"
        whole_file.write(Path(path), pdf.written(self.sheet) if as_pdf else svg.written(self.sheet).encode())


@dataclass(frozen=True, slots=True)
class PosterShown:
    """All heads as one picture; ``save`` writes a PNG."""

    png: bytes
    spoken: str

    def _repr_html_(self) -> str:
        return _image(self.png, "image/png", self.spoken)

    def save(self, path: str | Path) -> None:
        """Write the file."""
        whole_file.write(Path(path), self.png)


@dataclass(frozen=True, slots=True)
class PageShown:
    """The offline page of a run; ``save`` writes the HTML file."""

    page: bytes

    def _repr_html_(self) -> str:
        # In a frame that may run its own script and nothing else: it reaches neither the notebook nor the network.
        style = f"width: 100%; height: {_PAGE_PX}px; border: 0"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{html.escape(self.page.decode())}"></iframe>'

    def save(self, path: str | Path) -> None:
        """Write the file."""
        whole_file.write(Path(path), self.page)


def head(
    run: Run,
    row: int = 0,
    layer: int = 0,
    head: int = 0,
    *,
    kind: str | None = None,
    as_lines: bool = False,
    numbers: bool | None = None,
) -> HeadShown:
    """Draw one head as a map, or as lines; layer and head count from 0, ``numbers`` stand in the cells of short texts.

    Raises ``HeadOutOfRange``, or ``TooManyForLines``.
    """
    kind = kind or _usual(run)
    stack = run.stack(kind)
    place = (row, *parse_head(head_label(layer, head), stack.n_layers, stack.n_heads))
    if as_lines:
        sheet = lines.lines_sheet(run, *place, kind)
    else:
        written = has_room_for_numbers(run, kind, USUAL_NUMBERS) if numbers is None else numbers
        sheet = map_sheet.map_sheet(run, *place, kind, numbers=written)
    return HeadShown(sheet, tables.describe(run, *place, kind=kind))


def overview(run: Run, row: int = 0, *, kind: str | None = None) -> PosterShown:
    """Draw all heads of one kind: layers down, heads across."""
    kind = kind or _usual(run)
    stack = run.stack(kind)
    spoken = _("All heads: {n_layers} layers down, {n_heads} heads across.")
    return PosterShown(poster.poster(run, row, kind), spoken.format(n_layers=stack.n_layers, n_heads=stack.n_heads))


def page(run: Run) -> PageShown:
    """Make the page of all texts, kinds and heads that works offline."""
    return PageShown(page_html.page(run))


def _usual(run: Run) -> str:
    """Give the kind of a model with one stack, cross-attention where there are two."""
    return list(run.maps)[-1]


def _image(content: bytes, mime: str, spoken: str) -> str:
    data = base64.b64encode(content).decode()
    return f'<img style="max-width: 100%" alt="{html.escape(spoken)}" src="data:{mime};base64,{data}">'
