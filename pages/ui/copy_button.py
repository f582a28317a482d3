"""Copy a text with one click, also where the browser keeps its clipboard from pages that came without encryption."""

from pathlib import Path

from streamlit.components import v2

from viz.text import _

_HERE = Path(__file__).resolve().parent
_copy = v2.component(
    "copy_button",
    html=(_HERE / "copy_button.html").read_text(encoding="utf-8"),
    css=(_HERE / "copy_button.css").read_text(encoding="utf-8"),
    js=(_HERE / "copy_button.js").read_text(encoding="utf-8"),
)


def copy_button(text: str, label: str) -> None:
    """Show a button that puts the text on the clipboard, and says so."""
    words = {"label": label, "done": _("Copied"), "failed": _("The browser did not allow it.")}
    _copy(data={"text": text, **words}, key="copy_button")
