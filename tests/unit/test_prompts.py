"""Prompts are read one a line, each exactly as typed; empty lines are dropped and counted."""

import pytest

from viz.errors import NoPrompts, TooManyPrompts
from viz.prompts import read_prompts
from viz.settings import Settings

MAX_PROMPTS = Settings().max_prompts


def test_each_line_is_a_prompt_and_empty_ones_are_counted():
    expected = {
        "one": (["one"], 0),
        "one\ntwo": (["one", "two"], 0),
        "one\ntwo\n": (["one", "two"], 0),
        "one\r\ntwo\r\n": (["one", "two"], 0),
        "one\rtwo\r": (["one", "two"], 0),
        "one\n\ntwo": (["one", "two"], 1),
        "\none": (["one"], 1),
        "one\n \t\n\ntwo\n\n\n": (["one", "two"], 2),
        "one\r\n\r\ntwo": (["one", "two"], 1),
    }
    assert {text: read_prompts(text) for text in expected} == expected


def test_blanks_at_the_ends_of_a_line_belong_to_the_prompt():
    assert read_prompts("  It will rain \nin the\t") == (["  It will rain ", "in the\t"], 0)


def test_the_mark_in_front_of_a_utf_8_file_is_no_part_of_the_prompt():
    assert read_prompts("\ufeffone\n\ufefftwo") == (["one", "\ufefftwo"], 0)


def test_only_ends_of_lines_divide_prompts():
    text = "one\x0btwo\x0cthree\x1cfour\x85five\u2028six\u2029seven"
    assert read_prompts(text) == ([text], 0)


def test_the_same_prompt_twice_is_two_prompts():
    assert read_prompts("one\none") == (["one", "one"], 0)


def test_a_text_without_a_prompt_is_refused():
    for text in ["", "\n", " \t ", "\r\n \r\n", "\ufeff", "\u3000\n\u00a0"]:
        with pytest.raises(NoPrompts, match="There is no prompt."):
            pytest.fail(f"{text!r} is read as {read_prompts(text)}")


def test_as_many_prompts_as_allowed_are_read_and_no_more():
    lines = [f"prompt {n}" for n in range(MAX_PROMPTS + 1)]
    assert read_prompts("\n\n".join(lines[:-1])) == (lines[:-1], MAX_PROMPTS - 1)
    with pytest.raises(TooManyPrompts) as refused:
        read_prompts("\n".join(lines))
    assert refused.value.values == {"n_prompts": MAX_PROMPTS + 1, "limit": MAX_PROMPTS, "over": 1}


def test_a_caller_may_set_the_limit():
    assert read_prompts("one\n\ntwo", limit=2) == (["one", "two"], 1)
    with pytest.raises(TooManyPrompts, match="There are 3 prompts; at most 2"):
        read_prompts("one\ntwo\nthree", limit=2)
