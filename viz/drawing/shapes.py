"""Describe a drawing by its shapes, so that every writer of vector files (SVG, PDF) draws the same one."""

from collections.abc import Iterable
from dataclasses import dataclass, field

FONT_PX = 13
SMALL_PX = 11  # of what stands below a picture
# What a rectangle may be filled with besides a colour: a state of a cell that is no weight.
PADDING, ON_PADDING, HIDDEN, NOTHING, LATER = "padding", "on-padding", "hidden", "nothing", "later"
PATTERNS = (PADDING, ON_PADDING, HIDDEN, NOTHING, LATER)


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle; ``fill`` is a colour, a pattern's name or ``"none"``, ``said`` what is shown under the pointer."""

    x: float
    y: float
    wide: float
    high: float
    fill: str
    edge: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x0: float
    y0: float
    x1: float
    y1: float
    colour: str
    wide: float
    opacity: float = 1.0
    said: str = ""
    mark: str = ""  # what it belongs to, for whoever shows parts of a drawing alone: "q3 k5"


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text from its ``anchor`` (start, middle, end) at a point of its ground; ``turned`` runs upwards."""

    x: float
    y: float
    text: str
    px: int = FONT_PX
    anchor: str = "start"
    turned: bool = False
    bold: bool = False
    colour: str = "#000000"
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """The colours of weights from 0 to 1, from left to right."""

    x: float
    y: float
    wide: float
    high: float


Shape = Rect | Line | Words | Scale


@dataclass(frozen=True, slots=True)
class Sheet:
    """A drawing of a size, in px; cells, and with them patterns, are counted from ``left`` and ``top``."""

    title: str
    width: int
    height: int
    left: int
    top: int
    cell: int
    shapes: list[Shape] = field(default_factory=list)


def text_px(text: str, px: int = FONT_PX) -> int:
    """Estimate a text's width: a little over half a size a letter, a whole one where it is as wide as high."""
    return sum(px if ord(c) >= 0x1100 else round(0.62 * px) for c in text)


def wrapped(text: str, room: float, px: int = SMALL_PX) -> list[str]:
    """Break a text into lines that have room, between words where that is possible."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_px(longer, px) <= room:
            lines[-1] = longer
            continue
        pieces = list(_pieces(word, room, px))
        lines += pieces if lines[-1] else []
        lines = lines if lines[-1] else pieces
    return lines


def _pieces(word: str, room: float, px: int) -> Iterable[str]:
    piece = ""
    for letter in word:
        if piece and text_px(piece + letter, px) > room:
            yield piece
            piece = ""
        piece += letter
    yield piece
