"""Write a pack's prose as Markdown that holds what prose needs and nothing else.

Kept are paragraphs, lists, quotes, tables, **bold**, *italic*, `code` and blocks of code; a heading becomes a bold
line, because headings are the page's. All else stands as it was typed: HTML, links, images, formulas and colours are
characters. So nothing of a pack can run, ask another server, or pass for a part of the app.
"""

import re
from collections.abc import Iterable
from itertools import takewhile

import streamlit as st

from pages.ui.markdown import literal

_FENCE = re.compile(r"\s*(?:```|~~~)")
_HEADING = re.compile(r"#{1,6}\s+(?P<text>.+?)[\s#]*")
_ITEM = re.compile(r"(?P<indent>\s*)(?P<sign>[-*+]|\d{1,3}[.)])\s+(?P<text>.+)")
_SEPARATOR = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_CELLS = re.compile(r"(?<!\\)\|")
_INLINE = re.compile(
    r"\\(?P<kept>[\\*_`|#>-])"
    r"|(?<!`)`(?P<code>[^`]+)`(?!`)"
    r"|\*\*(?P<bold>[^*\s](?:[^*]*[^*\s])?)\*\*"
    r"|(?<![\w*])\*(?P<star>[^*\s](?:[^*]*[^*\s])?)\*(?![\w*])"
    r"|(?<!\w)_(?P<line>[^_\s](?:[^_]*[^_\s])?)_(?!\w)"
)
_SIZELESS = ":small[]"  # Markdown reads ** beside a letter and a comma as two stars; between signs it is a mark
MAX_LEVEL = 3


def prose(text: str, key: str) -> None:
    """Draw prose of a pack; ``key`` tells it apart on its page, where it is marked as of the pack's language."""
    with st.container(key=f"lesson_said_{key}"):
        st.markdown(safe(text))


def safe(text: str) -> str:
    """Give the Markdown of a prose."""
    written: list[str] = []
    lines = iter(text.replace("\t", "    ").splitlines())
    for line in lines:
        if _FENCE.match(line):
            written += _block(takewhile(lambda inside: not _FENCE.match(inside), lines))
        else:
            written.append(_line(line))
    return "\n".join(written)


def _block(inside: Iterable[str]) -> list[str]:
    """Fence lines of code with more signs than stand in them."""
    code = list(inside)
    longest = max((len(run) for line in code for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return ["", f"{fence}text", *code, fence, ""]


def _line(line: str) -> str:
    bare = line.strip()
    if heading := _HEADING.fullmatch(bare):
        return f"\n**{literal(heading['text'])}**\n"
    if item := _ITEM.fullmatch(line):
        sign = "-" if item["sign"] in "-*+" else f"{item['sign'][:-1]}."
        return f"{_indent(item['indent'])}{sign} {_inline(item['text'].strip())}"
    if bare.startswith(">"):
        return f"> {_inline(bare.lstrip('> '))}"
    if bare.startswith("|") and bare.endswith("|") and len(bare) > 1:
        return bare if _SEPARATOR.fullmatch(bare) else _row(bare)
    return f"{_indent(line[: len(line) - len(line.lstrip())])}{_inline(bare)}"


def _indent(spaces: str) -> str:
    """Give so many levels of a list as two spaces each stand for; more would be a block of code."""
    return "   " * min(len(spaces) // 2, MAX_LEVEL)


def _row(line: str) -> str:
    cells = _CELLS.split(line[1:-1])
    return "".join(["|", *(f" {_inline(cell.strip())} |" for cell in cells)])


def _inline(text: str) -> str:
    """Keep code, bold and italic of a line; every other character is itself."""
    written, at = [], 0
    for match in _INLINE.finditer(text):
        written.append(literal(text[at : match.start()]))
        written.append(_mark(match, text))
        at = match.end()
    return "".join([*written, literal(text[at:])])


def _mark(match: re.Match[str], text: str) -> str:
    if match["kept"]:
        return literal(match["kept"])
    if match["code"]:
        return f"`{match['code']}`"
    sign = "**" if match["bold"] else "*"
    inside = literal(match["bold"] or match["star"] or match["line"])
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    left, right = (_SIZELESS if beside.strip() else "" for beside in (before, after))
    return f"{left}{sign}{inside}{sign}{right}"
