"""Write a sheet as an SVG document; what is said of a shape stands in a ``<title>``, shown under the pointer."""

from xml.sax.saxutils import escape

from viz import theme
from viz.drawing import shapes
from viz.drawing.shapes import FONT_PX, Line, Rect, Scale, Sheet, Words

_FONTS = "Noto Sans, DejaVu Sans, Arial, sans-serif"
_PATTERNS = (
    f'<pattern id="padding" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<rect width="6" height="6" fill="{theme.PADDING}"/>'
    f'<path d="M0,6L6,0" stroke="{theme.PADDING_HATCH}"/></pattern>'
    f'<pattern id="on-padding" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<path d="M0,6L6,0" stroke="{theme.PADDING_HATCH}"/></pattern>'
    f'<pattern id="hidden" width="{{cell}}" height="{{cell}}" patternUnits="userSpaceOnUse" '
    f'patternTransform="translate({{left}},{{top}})"><rect width="{{cell}}" height="{{cell}}" fill="{theme.HIDDEN}"/>'
    f'<path d="M0,0L{{cell}},{{cell}}M0,{{cell}}L{{cell}},0" stroke="{theme.HIDDEN_CROSS}" stroke-width="0.8"/>'
    f"</pattern>"
    f'<pattern id="nothing" width="{{cell}}" height="{{cell}}" patternUnits="userSpaceOnUse" '
    f'patternTransform="translate({{left}},{{top}})"><rect width="{{cell}}" height="{{cell}}" fill="{theme.NOTHING}"/>'
    f'<path d="M0,{{half}}H{{cell}}" stroke="{theme.NOTHING_STROKE}" stroke-width="0.8"/></pattern>'
    f'<pattern id="later" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<path d="M2,3H3" stroke="{theme.PADDING_HATCH}"/></pattern>'
)


def written(sheet: Sheet) -> str:
    """Write the document, on white."""
    width, height, cell = sheet.width, sheet.height, sheet.cell
    patterns = _PATTERNS.format(left=sheet.left, top=sheet.top, cell=cell, half=cell // 2)
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="{_FONTS}" font-size="{FONT_PX}">',
        f"<defs>{patterns}{_gradient()}</defs>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(_shape(shape) for shape in sheet.shapes),
        "</svg>",
    ]
    return "\n".join(body)


def _gradient() -> str:
    stops = "".join(
        f'<stop offset="{offset:.3f}" stop-color="{colour}"/>'
        for offset, colour in theme.colorscale(theme.WEIGHT_STOPS)
    )
    return f'<linearGradient id="scale">{stops}</linearGradient>'


def _shape(shape: shapes.Shape) -> str:
    match shape:
        case Rect():
            return _rect(shape)
        case Line():
            return _line(shape)
        case Words():
            return _words(shape)
        case Scale():
            place = f'x="{shape.x}" y="{shape.y}" width="{shape.wide}" height="{shape.high}"'
            return f'<rect {place} fill="url(#scale)" stroke="#888888" stroke-width="0.5"/>'


def _rect(rect: Rect) -> str:
    fill = f"url(#{rect.fill})" if rect.fill in shapes.PATTERNS else rect.fill
    edge = f' stroke="{rect.edge}" stroke-width="0.5"' if rect.edge else ""
    place = f'x="{rect.x}" y="{rect.y}" width="{rect.wide}" height="{rect.high}"'
    return f'<rect {place} fill="{fill}"{edge}>{_said(rect.said)}</rect>'


def _line(line: Line) -> str:
    ends = f'x1="{line.x0}" y1="{line.y0}" x2="{line.x1}" y2="{line.y1}"'
    drawn = f'stroke="{line.colour}" stroke-width="{line.wide:.4g}" stroke-opacity="{line.opacity:.4g}"'
    return f"<line {ends} {drawn}{_mark(line.mark)}>{_said(line.said)}</line>"


def _words(words: Words) -> str:
    if words.turned:
        place = f'transform="translate({words.x:.1f},{words.y:.1f}) rotate(-90)"'
    else:
        place = f'x="{words.x:.1f}" y="{words.y:.1f}"'
    anchor = "" if words.anchor == "start" else f' text-anchor="{words.anchor}"'
    bold = ' font-weight="bold"' if words.bold else ""
    size = "" if words.px == FONT_PX else f' font-size="{words.px}"'
    colour = "" if words.colour == "#000000" else f' fill="{words.colour}"'
    return f"<text {place}{anchor}{bold}{size}{colour}{_mark(words.mark)}>{escape(words.text)}</text>"


def _said(said: str) -> str:
    return f"<title>{escape(said)}</title>" if said else ""


def _mark(mark: str) -> str:
    return f' class="{mark}"' if mark else ""
