"""Write a term of the glossary in HTML: its name as a heading, its names in the other languages, what it means."""

import re
from html import escape

from viz.glossary import Term
from viz.text import language, translated

_CODE = re.compile("`([^`]+)`")

STYLE = """<style>
.hl-term h3 { font-size: 1.1rem; line-height: 1.4; margin: 0; padding: 0; font-weight: 600; }
.hl-term .names { margin: 0 0 4px; font-size: 0.875rem; }
.hl-term .names > * + * { margin-left: 0.9em; }
.hl-term p { margin: 0; max-width: 46em; overflow-wrap: anywhere; }
.hl-term code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 0.875em; }
.hl-subject { font-size: 1.4rem; line-height: 1.3; margin: 0.6rem 0 0; padding: 0; font-weight: 600; }
</style>"""


def definition(term: Term) -> str:
    """Write a term; what programs call it stands beside its names, each of which tells its language."""
    named = term.named()
    name = escape(named.get(language()) or translated(term.name))
    others = [f'<bdi lang="{code}">{escape(said)}</bdi>' for code, said in named.items() if code != language()]
    names = " ".join([*others, *(f"<code>{escape(code)}</code>" for code in term.code)])
    said = _CODE.sub(r"<code>\1</code>", escape(translated(term.definition)))
    return f'<div class="hl-term"><h3>{name}</h3><p class="names">{names}</p><p>{said}</p></div>'


def subject(name: str) -> str:
    """Write the heading of a subject."""
    return f'<h2 class="hl-subject">{escape(name)}</h2>'
