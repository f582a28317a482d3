"""Write sources and their targets in HTML, readable as text: one pair under the other, the open one marked."""

from collections.abc import Sequence
from html import escape

from viz import theme
from viz.text import _

_STYLE = """
.hl-pairs { display: grid; gap: 10px; }
.hl-pairs > div { padding-left: 10px; border-left: 4px solid color-mix(in srgb, currentColor 18%, transparent); }
.hl-pairs > .open { border-left-color: ACCENT; }
.hl-pairs p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; line-height: 1.4; }
.hl-pairs .source { font-size: 14px; opacity: 0.8; }
.hl-pairs .target { font-size: 20px; font-weight: 600; }
.hl-pairs .empty { font-weight: 400; font-style: italic; opacity: 0.8; }
.hl-pairs b { font-weight: 600; font-size: 12px; opacity: 0.8; }
"""


def pairs(sources: Sequence[str], targets: Sequence[str], names: Sequence[str], opened: int) -> str:
    """Write every source with its target under it; ``names`` stand before them where there are several."""
    items = "".join(
        _pair(source, target, name if len(sources) > 1 else "", number == opened)
        for number, (source, target, name) in enumerate(zip(sources, targets, names, strict=True))
    )
    return f'<div class="hl-pairs"><style>{_STYLE.replace("ACCENT", theme.ACCENT)}</style>{items}</div>'


def _pair(source: str, target: str, name: str, is_open: bool) -> str:
    mark = ' class="open" aria-current="true"' if is_open else ""
    label = f"<b>{escape(name)}</b>" if name else ""
    kind, written = ("target", target) if target.strip() else ("target empty", _("(nothing)"))
    return f'<div{mark}>{label}<p class="source">{escape(source)}</p><p class="{kind}">{escape(written)}</p></div>'
