"""A corpus is parted into lines that keep their numbers; what was left out is said."""

import pytest

from viz.analysis.corpus.lines import (
    EMPTY,
    HAS_MASK,
    TOO_LARGE,
    TOO_LONG,
    LeftOut,
    left_out_said,
    left_out_table,
    read_lines,
)
from viz.errors import NoLines


def test_lines_keep_their_numbers_and_blanks():
    assert read_lines("\ufeffone\r\n\r\n two \rthree\n\n") == ("one", "", " two ", "three")


@pytest.mark.parametrize("text", ["", "\n\n", " \t\n \r\n"])
def test_a_text_without_a_word_is_refused(text):
    with pytest.raises(NoLines):
        read_lines(text)


def test_what_was_left_out_is_counted_and_named():
    left = [LeftOut(0, EMPTY), LeftOut(2, EMPTY), LeftOut(16, TOO_LONG, 900, 128)]
    assert left_out_said(left) == "3 lines were left out: 2 are empty; line 17 has 900 tokens, at most 128 are read."
    assert left_out_said([LeftOut(4, HAS_MASK)]) == (
        "1 line was left out: line 5 has a [MASK], which this model does not know."
    )
    assert "12,345 characters" in left_out_said([LeftOut(0, TOO_LARGE, 12_345, 10_000)])
    assert left_out_said([]) == ""


def test_of_many_lines_five_are_named_and_the_table_has_all():
    left = [LeftOut(n, TOO_LONG, 900, 128) for n in range(9)]
    said = left_out_said(left)
    assert said.count("900 tokens") == 5 and said.endswith("; and 4 more.")
    table = left_out_table(left)
    assert table["line"] == list(range(1, 10)) and set(table["n"]) == {900}
