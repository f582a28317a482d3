"""Write a sentence in HTML with every piece on the colour of its weight, and its number under it.

The pieces of a word stand side by side without a gap. Text is data: it reaches the HTML escaped, and isolated.
"""

from collections.abc import Sequence
from html import escape
from itertools import accumulate, groupby

from viz import theme
from viz.analysis.cross.shading import Shade
from viz.text import _, number

DARK, LIGHT = "#0b1f33", "#ffffff"
TURNS = 0.68  # from this weight on white letters stand out more than dark ones
_COLOURS = theme.lookup_table(theme.WEIGHT_STOPS).tolist()

_STYLE = """
.hl-shaded ol { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 6px 7px; }
.hl-shaded li { margin: 0; padding: 0; display: flex; flex-wrap: wrap; max-width: 100%; }
.hl-shaded span { display: block; padding: 3px 6px 2px; min-width: 1.6em; max-width: 100%; box-sizing: border-box;
  text-align: center; border: 1px solid color-mix(in srgb, currentColor 30%, transparent); border-right-width: 0; }
.hl-shaded span:first-child { border-radius: 5px 0 0 5px; }
.hl-shaded span:last-child { border-radius: 0 5px 5px 0; border-right-width: 1px; }
.hl-shaded span:only-child { border-radius: 5px; }
.hl-shaded .s { border-style: dashed; border-color: currentColor; }
.hl-shaded bdi { display: block; font-size: 17px; line-height: 1.35; white-space: pre-wrap; overflow-wrap: anywhere;
  min-height: 1.35em; }
.hl-shaded small { display: block; font-size: 12px; line-height: 1.2; font-variant-numeric: tabular-nums; }
"""


def sentence(shades: Sequence[Shade], label: str) -> str:
    """Write the shaded sentence, read aloud as a list that is called ``label``; colours go from 0 to 1."""
    numbers = accumulate(int(shade.begins) for shade in shades)
    words = groupby(zip(numbers, shades, strict=True), key=lambda pair: pair[0])
    items = "".join(f"<li>{''.join(_piece(shade) for _word, shade in pieces)}</li>" for _word, pieces in words)
    name = escape(label, quote=True)
    return f'<div class="hl-shaded"><style>{_STYLE}</style><ol role="list" aria-label="{name}">{items}</ol></div>'


def _piece(shade: Shade) -> str:
    colour = _COLOURS[round(255 * min(max(shade.weight, 0), 1))]
    ink = LIGHT if shade.weight >= TURNS else DARK
    style = f"background:rgb({','.join(map(str, colour))});color:{ink}"
    note = f"{shade.text}: {number(shade.weight, 4)}"
    if shade.special:
        special = _("special token")
        note = f"{note} ({special})"
    kind = ' class="s"' if shade.special else ""
    letters, weight = escape(shade.text), number(shade.weight, 2)
    return f'<span{kind} style="{style}" title="{escape(note)}"><bdi>{letters}</bdi><small>{weight}</small></span>'
