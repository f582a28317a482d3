"""Show a head as lines; pointing at a word shows its lines alone, and at a line its number."""

from pathlib import Path

from streamlit.components import v2

_HERE = Path(__file__).resolve().parent
_lines = v2.component(
    "lines_map",
    html=(_HERE / "lines_map.html").read_text(encoding="utf-8"),
    css=(_HERE / "lines_map.css").read_text(encoding="utf-8"),
    js=(_HERE / "lines_map.js").read_text(encoding="utf-8"),
)


def lines_map(svg: str, spoken: str) -> None:
    """Draw the SVG of a head's lines."""
    _lines(data={"svg": svg, "label": spoken}, key="lines_map")
