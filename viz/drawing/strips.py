"""Write the tokens of prompts as strips of chips in HTML: what is real, padding, added or not scored.

Chips wrap on narrow screens. Each kind has a mark besides its colour, and says in words what it is. Token text is
data: it reaches the HTML escaped, and isolated, so that Arabic does not turn its neighbours around.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from viz import theme
from viz.text import _

# One letter a kind: a batch has thousands of chips.
_CLASSES = {
    "real": "r",
    "special": "s",
    "padding": "p",
    "mask": "m",
    "added": "a",
    "next": "n",
    "end": "e",
    "unscored": "u",
    "changed": "c",
    "random": "x",
    "kept": "k",
    "seen": "v",
    "unseen": "w",
    "scored": "l",
    "blank": "b",
    "written": "y",
    "paired": "d",
    "respelled": "o",
    "moved": "t",
    "alone": "q",
}
KINDS = tuple(_CLASSES)

# Lines and tints are mixed with the text's own colour or with nothing, so that they hold on a light and a dark page.
_STYLE = """
.hl-strips { font-size: 13px; line-height: 1.3; }
.hl-strips ol { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 3px;
  align-items: flex-start; }
.hl-strips .strip { display: grid; grid-template-columns: 6.5em minmax(0, 1fr); gap: 6px; margin: 0 0 8px; }
.hl-strips .strip > b { font-weight: 600; padding-top: 2px; overflow-wrap: anywhere; }
.hl-strips .legend { margin: 10px 0 4px; gap: 6px; }
.hl-strips li, .hl-strips li div { position: relative; margin: 0; padding: 1px 5px; min-width: 1.1em; max-width: 100%;
  box-sizing: border-box; font-size: 13px; text-align: center; border-radius: 4px;
  border: 1px solid color-mix(in srgb, currentColor 32%, transparent); }
.hl-strips bdi { display: block; font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; min-height: 1.3em; }
.hl-strips small { display: block; font-size: 12px; line-height: 1.2; opacity: 0.85;
  font-variant-numeric: tabular-nums; }
.hl-strips i { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.hl-strips .s { border-style: dashed; border-color: color-mix(in srgb, currentColor 65%, transparent); }
.hl-strips .p { color: #3a3a3a; border-color: HATCH;
  background: repeating-linear-gradient(135deg, PADDING 0 5px, color-mix(in srgb, HATCH 55%, PADDING) 5px 6px); }
.hl-strips .m { outline: 2px solid ACCENT; outline-offset: -1px; border-color: ACCENT; font-weight: 600; }
.hl-strips .a { background: color-mix(in srgb, BLUE 20%, transparent);
  border-color: color-mix(in srgb, BLUE 75%, currentColor); border-bottom-width: 3px; }
.hl-strips .n { background: color-mix(in srgb, ACCENT 22%, transparent); outline: 2px solid ACCENT;
  outline-offset: -1px; font-weight: 600; }
.hl-strips .n bdi::before, .hl-strips .y bdi::before { content: "▸"; }
.hl-strips .y { background: color-mix(in srgb, ACCENT 22%, transparent); outline: 2px solid ACCENT;
  outline-offset: -1px; font-weight: 600; }
.hl-strips .e { border: 3px double color-mix(in srgb, BLUE 75%, currentColor); border-radius: 0; padding: 0 4px; }
.hl-strips .u { color: #4a2300; border-color: CROSS;
  background: repeating-linear-gradient(45deg, HIDDEN 0 5px, color-mix(in srgb, CROSS 35%, HIDDEN) 5px 6px); }
.hl-strips .c { border: 2px dotted ACCENT; padding: 0 4px; font-weight: 600; }
.hl-strips .c bdi { text-decoration: underline; text-underline-offset: 2px; }
.hl-strips .x { border: 2px dashed ACCENT; padding: 0 4px; font-weight: 600; font-style: italic; }
.hl-strips .k { border-color: ACCENT; border-bottom-width: 4px; font-weight: 600; }
.hl-strips .v { background: color-mix(in srgb, BLUE 12%, transparent); }
.hl-strips .w { color: #3a3a3a; background: PADDING; border-style: dotted; }
.hl-strips .l { background: color-mix(in srgb, ACCENT 14%, transparent); border-color: ACCENT; font-weight: 600; }
.hl-strips .b { border-color: transparent; }
.hl-strips .d { border-color: color-mix(in srgb, currentColor 45%, transparent); }
.hl-strips .o bdi::before { content: "≈ "; }
.hl-strips .o { background: color-mix(in srgb, BLUE 14%, transparent); }
.hl-strips .t bdi::before { content: "⇄ "; }
.hl-strips .t { background: color-mix(in srgb, BLUE 26%, transparent); border-color: BLUE; font-weight: 600; }
.hl-strips .q { background: color-mix(in srgb, ACCENT 16%, transparent); border: 2px dashed ACCENT; padding: 0 4px; }
.hl-strips .wide { grid-template-columns: minmax(0, 1fr); gap: 4px; margin: 16px 0 0; }
.hl-strips .stacks { gap: 8px 4px; align-items: stretch; }
.hl-strips .stacks > li { display: grid; gap: 2px; grid-template-rows: 1fr; grid-auto-rows: auto; border: none;
  padding: 0; }
.hl-strips .stacks > li:first-child div { text-align: left; padding: 1px 0; align-self: end; font-weight: 400;
  opacity: 0.85; }
.hl-strips p { margin: 0; font-size: 15px; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.hl-strips mark { color: inherit; font-weight: 600; background: color-mix(in srgb, BLUE 20%, transparent);
  border-bottom: 2px solid BLUE; }
@media (max-width: 640px) { .hl-strips .strip { grid-template-columns: minmax(0, 1fr); gap: 2px; } }
"""


@dataclass(frozen=True, slots=True)
class Chip:
    """Hold one token of a strip: its text, a number or word under it (may be empty), and one of ``KINDS``."""

    text: str
    note: str = ""
    kind: str = "real"


def kind_words() -> dict[str, str]:
    """Say what each kind of chip is, in the reader's language."""
    return {
        "real": _("token of the text"),
        "special": _("special token"),
        "padding": _("padding"),
        "mask": _("mask, to be guessed"),
        "added": _("generated"),
        "next": _("chosen at this step"),
        "end": _("end token"),
        "unscored": _("not scored (label -100)"),
        "changed": _("changed"),
        "random": _("random word, to be guessed"),
        "kept": _("kept as it was, to be guessed"),
        "seen": _("seen (attention_mask 1)"),
        "unseen": _("not seen (attention_mask 0)"),
        "scored": _("scored (the label is the word to guess)"),
        "blank": _("nothing"),
        "written": _("written at this step"),
        "paired": _("same token in both"),
        "respelled": _("same word in other pieces or letters"),
        "moved": _("same word at another place"),
        "alone": _("without a partner"),
    }


def strip(chips: Sequence[Chip], label: str) -> str:
    """Write one prompt as a list of chips behind its label; to be shown within a `board`."""
    words = {kind: escape(word) for kind, word in kind_words().items()}
    items = "".join(_item(chip, words[chip.kind]) for chip in chips)
    name = escape(label)
    return f'<div class="strip"><b aria-hidden="true">{name}</b><ol role="list" aria-label="{name}">{items}</ol></div>'


def columns(stacks: Iterable[Sequence[Chip]], names: Sequence[str], label: str) -> str:
    """Write one text as columns, each a stack of chips, behind the names of their rows; for a `board`."""
    words = {kind: escape(word) for kind, word in kind_words().items()}
    first = "".join(f'<div class="b">{escape(name)}</div>' for name in names)
    items = "".join(f"<li>{''.join(_item(chip, words[chip.kind], 'div') for chip in stack)}</li>" for stack in stacks)
    name = escape(label)
    return (
        f'<div class="strip wide"><b aria-hidden="true">{name}</b>'
        f'<ol class="stacks" role="list" aria-label="{name}"><li>{first}</li>{items}</ol></div>'
    )


def continued(text: str, added: str, label: str) -> str:
    """Write a text and what a model added to it, set apart; to be shown within a `board`."""
    title = escape(_("generated"))
    mark = f'<mark title="{title}">{escape(added)}</mark>'
    return f'<div class="strip"><b>{escape(label)}</b><p>{escape(text)}{mark}</p></div>'


def legend(kinds: Iterable[str]) -> str:
    """Write one chip a kind that says what it is, each kind once; to be shown within a `board`."""
    words = kind_words()
    items = "".join(f'<li class="{_CLASSES[kind]}">{escape(words[kind])}</li>' for kind in dict.fromkeys(kinds))
    label = escape(_("what the marks mean"))
    return f'<ol class="legend" role="list" aria-label="{label}">{items}</ol>'


def board(parts: Iterable[str]) -> str:
    """Join strips and legends into one piece of HTML that brings their style."""
    # The style stands inside: browsers move a leading one out of the fragment, and it would be lost.
    return f'<div class="hl-strips"><style>{stylesheet()}</style>{"".join(parts)}</div>'


def stylesheet() -> str:
    """Give the style of strips and legends, with the colours that maps have for the same things."""
    colours = {
        "PADDING": theme.PADDING,
        "HATCH": theme.PADDING_HATCH,
        "HIDDEN": theme.HIDDEN,
        "CROSS": theme.HIDDEN_CROSS,
        "ACCENT": theme.ACCENT,
        "BLUE": theme.BAR,
    }
    style = _STYLE
    for name, colour in colours.items():
        style = style.replace(name, colour)
    return style


def _item(chip: Chip, word: str, tag: str = "li") -> str:
    """Write one chip. What is no plain token also says so in words that are read aloud and not seen."""
    note = f"<small>{escape(chip.note)}</small>" if chip.note else ""
    spoken = "" if chip.kind in ("real", "blank") else f"<i>{word}</i>"
    return f'<{tag} class="{_CLASSES[chip.kind]}" title="{word}"><bdi>{escape(chip.text)}</bdi>{note}{spoken}</{tag}>'
