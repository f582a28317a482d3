"""Prose of a pack keeps paragraphs, lists, tables, bold, italic and code; every other sign stands as it was typed."""

import re
import time

import pytest

from pages.lesson.prose import safe
from pages.ui.markdown import literal
from tests.attacks.hostile import HOSTILE


@pytest.mark.parametrize(
    "typed, written",
    [
        ("A *b* and **c d** and _e_.", "A *b* and **c d** and *e*:small[]\\."),
        ("`[MASK]` is <b>", "`[MASK]` is \\<b\\>"),
        ("- one\n* two\n  - three", "- one\n- two\n   - three"),
        ("3) three", "3. three"),
        ("> said", "> said"),
        ("| a | b |\n|---|:-:|\n| x*y | `c` |", "| a | b |\n|---|:-:|\n| x\\*y | `c` |"),
        ("2 * 3 * 4 and snake_case_name", "2 \\* 3 \\* 4 and snake\\_case\\_name"),
        (r"\*kept\*", r"\*kept\*"),
        ("a\n\nb", "a\n\nb"),
        ("这是**“重要”**的", "这是:small[]**“重要”**:small[]的"),
    ],
)
def test_what_prose_needs_is_kept(typed, written):
    assert safe(typed) == written


def test_a_heading_becomes_a_bold_line():
    assert safe("## Softmax ##").strip() == "**Softmax**"


def test_code_stays_inside_its_fence():
    assert safe("```python\na = '````'\n# <b>\n```\nafter") == "\n`````text\na = '````'\n# <b>\n`````\n\nafter"
    assert safe("```\nnever closed").splitlines()[1:] == ["```text", "never closed", "```"]


@pytest.mark.parametrize("text", [*HOSTILE.values(), "![x](http://evil.example/x.png)", "[a](javascript:b)", "$x$"])
def test_what_is_no_prose_is_written_out(text):
    line = " ".join(text.split())
    if not set(line) & set("`*_|\\") and line[:1] not in "#>-+~":
        assert safe(line) == literal(line)
    outside_code = re.sub(r"`[^`]+`", "", safe(line))
    assert "](" not in outside_code and "<" not in outside_code.replace("\\<", "")


@pytest.mark.parametrize("part", ["`", "*", "_", "**", "|", "> ", "- ", "*a", "**a", "`a", "\\", "#", "1. ", "| -"])
def test_any_prose_is_written_in_a_moment(part):
    text = (part * 8_000)[:8_000]
    begin = time.process_time()
    safe(text)
    safe("\n".join(text[at : at + 80] for at in range(0, 8_000, 80)))
    assert time.process_time() - begin < 1
