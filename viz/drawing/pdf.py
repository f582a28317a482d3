"""Write a sheet as a PDF: every shape a vector, the letters that are used embedded with it, and nothing that runs."""

import unicodedata
from collections.abc import Iterable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from viz import theme
from viz.drawing import fonts, shapes
from viz.drawing.shapes import Line, Rect, Scale, Shape, Sheet, Words
from viz.errors import NeedsShaping, NoFontFor

if TYPE_CHECKING:
    from fpdf import FPDF

_POINT = 0.75  # of a px
_STEPS = 64  # colours of the scale
_HATCH = 6  # px between hatch lines
_MOST_NAMED = 12  # characters that an error names


def written(sheet: Sheet) -> bytes:
    """Write one page of the sheet's size. Raises ``NoFontFor`` or ``NeedsShaping``."""
    texts = [shape.text for shape in sheet.shapes if isinstance(shape, Words)]
    check(texts)
    pdf = _writer()(unit="pt", format=(sheet.width * _POINT, sheet.height * _POINT))
    pdf.set_auto_page_break(False)
    pdf.set_title(sheet.title)
    pdf.set_creator("Headlight")
    pdf.add_page()
    families = _families(pdf, texts)
    for shape in _joined(sheet.shapes):
        _draw(pdf, shape, sheet, families)
    return bytes(pdf.output())


def _writer() -> "type[FPDF]":
    """Import the library, which takes longer than most PDFs, when the first one is written.

    It keeps the error of an optional package that is missing, and with its traceback the variables of whoever imported
    it first: a page would hold its run for ever.
    """
    from fpdf import FPDF, encryption

    if encryption.import_error is not None:
        encryption.import_error.__traceback__ = None
    return FPDF


def check(texts: Iterable[str]) -> None:
    """Refuse what would not stand in the file as it is written: a box is no letter.

    Letters that join, are stacked, or run from right to left, raise ``NeedsShaping``: the writer sets one after
    another. Those that no installed font has raise ``NoFontFor``.
    """
    characters = {c for text in texts for c in _composed(text)}
    if shaped := {c for c in characters if _is_shaped(c)}:
        raise NeedsShaping(characters=_named(shaped))
    if missing := {c for c in characters if fonts.path_for(c) is None}:
        raise NoFontFor(characters=_named(missing))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _is_shaped(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL") or unicodedata.category(character) in (
        "Mn",
        "Mc",
        "Me",
        "Cf",
    )


def _families(pdf: "FPDF", texts: list[str]) -> dict[str, str]:
    """Add the fonts that the texts need, and say which one writes each character."""
    families, missing = {}, set()
    for character in sorted({c for text in texts for c in _composed(text)}):
        path = fonts.path_for(character)
        if path is None or not _add(pdf, path, character):
            missing.add(character)
        else:
            families[character] = str(path)
    if missing:
        raise NoFontFor(characters=_named(missing))
    return families


def _add(pdf: "FPDF", path: Path, character: str) -> bool:
    """Add a font where it is new, and tell whether the writer finds the character in it."""
    family = str(path)
    if family.lower() not in pdf.fonts:
        pdf.add_font(family, fname=path)
    return ord(character) in pdf.fonts[family.lower()].cmap  # type: ignore[union-attr]


def _named(characters: set[str]) -> str:
    ordered = sorted(characters)
    return " ".join(ordered[:_MOST_NAMED]) + (" …" if len(ordered) > _MOST_NAMED else "")


def _joined(drawn: list[Shape]) -> list[Shape]:
    """Join cells of one colour that lie side by side, and leave out white ones: a long text has many of both."""
    kept: list[Shape] = []
    for shape in drawn:
        last = kept[-1] if kept else None
        if isinstance(shape, Rect) and shape.fill == "#ffffff" and not shape.edge:
            continue
        if (
            isinstance(shape, Rect)
            and isinstance(last, Rect)
            and shape.fill == last.fill
            and shape.fill.startswith("#")
            and not (shape.edge or last.edge)
            and (shape.y, shape.high, shape.x) == (last.y, last.high, last.x + last.wide)
        ):
            kept[-1] = Rect(last.x, last.y, last.wide + shape.wide, last.high, last.fill)
        else:
            kept.append(shape)
    return kept


def _draw(pdf: "FPDF", shape: Shape, sheet: Sheet, families: dict[str, str]) -> None:
    match shape:
        case Rect():
            _rect(pdf, shape, sheet.cell)
        case Line():
            _line(pdf, shape.x0, shape.y0, shape.x1, shape.y1, shape.colour, shape.wide, shape.opacity)
        case Words():
            _words(pdf, shape, families)
        case Scale():
            _scale(pdf, shape)


def _rect(pdf: "FPDF", rect: Rect, cell: int) -> None:
    if rect.fill in shapes.PATTERNS:
        _pattern(pdf, rect, cell)
        return
    if rect.fill != "none":
        _fill(pdf, rect, rect.fill)
    if rect.edge:
        pdf.set_draw_color(rect.edge)
        pdf.set_line_width(0.5 * _POINT)
        pdf.rect(*_place(rect), style="D")


def _fill(pdf: "FPDF", rect: Rect | Scale, colour: str) -> None:
    pdf.set_fill_color(colour)
    pdf.rect(*_place(rect), style="F")


def _place(rect: Rect | Scale) -> tuple[float, float, float, float]:
    return rect.x * _POINT, rect.y * _POINT, rect.wide * _POINT, rect.high * _POINT


def _pattern(pdf: "FPDF", rect: Rect, cell: int) -> None:
    """Draw a state as its lines: no viewer draws tiles as sharp."""
    x, y, right, bottom = rect.x, rect.y, rect.x + rect.wide, rect.y + rect.high
    grounds = {shapes.PADDING: theme.PADDING, shapes.HIDDEN: theme.HIDDEN, shapes.NOTHING: theme.NOTHING}
    if rect.fill in grounds:
        _fill(pdf, rect, grounds[rect.fill])
    stroke = partial(_line, pdf, opacity=1.0)
    if rect.fill == shapes.HIDDEN:
        stroke(x, y, right, bottom, theme.HIDDEN_CROSS, 0.8)
        stroke(x, bottom, right, y, theme.HIDDEN_CROSS, 0.8)
    elif rect.fill == shapes.NOTHING:
        stroke(x, (y + bottom) / 2, right, (y + bottom) / 2, theme.NOTHING_STROKE, 0.8)
    elif rect.fill == shapes.LATER:
        for across in range(_HATCH // 2, int(rect.wide), _HATCH):
            for down in range(_HATCH // 2, int(rect.high), _HATCH):
                stroke(x + across, y + down, x + across + 1, y + down, theme.PADDING_HATCH, 1)
    else:
        for away in range(_HATCH, 2 * cell, _HATCH):  # corner to corner, upwards
            before = max(0, away - cell)
            stroke(x + before, y + away - before, x + away - before, y + before, theme.PADDING_HATCH, 0.8)


def _line(pdf: "FPDF", x0: float, y0: float, x1: float, y1: float, colour: str, wide: float, opacity: float) -> None:
    pdf.set_draw_color(colour)
    pdf.set_line_width(wide * _POINT)
    ends = (x0 * _POINT, y0 * _POINT, x1 * _POINT, y1 * _POINT)
    if opacity < 1:
        with pdf.local_context(stroke_opacity=round(opacity, 2)):
            pdf.line(*ends)
    else:
        pdf.line(*ends)


def _words(pdf: "FPDF", words: Words, families: dict[str, str]) -> None:
    """Set a line of text; each stretch of it in the first font that has its characters."""
    text = _composed(words.text)
    stretches = [(family, "".join(of)) for family, of in groupby(text, families.__getitem__)]
    widths = []
    for family, stretch in stretches:
        pdf.set_font(family, size=words.px * _POINT)
        widths.append(pdf.get_string_width(stretch))
    x, y = words.x * _POINT, words.y * _POINT
    begin = x - {"start": 0, "middle": sum(widths) / 2, "end": sum(widths)}[words.anchor]
    pdf.set_text_color(words.colour)
    with pdf.rotation(90 if words.turned else 0, x, y):
        for (family, stretch), wide in zip(stretches, widths, strict=True):
            pdf.set_font(family, size=words.px * _POINT)
            pdf.text(begin, y, stretch)
            begin += wide


def _scale(pdf: "FPDF", scale: Scale) -> None:
    colours = theme.lookup_table(theme.WEIGHT_STOPS)
    step = scale.wide / _STEPS
    for at in range(_STEPS):
        colour = theme.hex_colour(colours[round(at * 255 / (_STEPS - 1))])
        _fill(pdf, Rect(scale.x + at * step, scale.y, step, scale.high, ""), colour)
    pdf.set_draw_color("#888888")
    pdf.set_line_width(0.5 * _POINT)
    pdf.rect(*_place(scale), style="D")
