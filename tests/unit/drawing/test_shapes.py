"""Text is broken into lines that have room."""

from viz.drawing.shapes import text_px, wrapped


def test_a_text_breaks_between_words_and_loses_none():
    text = "the turtle moves slow across the road and the old man watches"
    lines = wrapped(text, 100)
    assert len(lines) > 3
    assert " ".join(lines) == text
    assert all(text_px(line, 11) <= 100 for line in lines)


def test_a_word_that_is_too_long_is_cut_between_letters():
    lines = wrapped("a " + "x" * 50 + " b", 70)
    assert lines[0] == "a" and "".join(lines) == "a" + "x" * 50 + "b"
    assert all(text_px(line, 11) <= 70 for line in lines)


def test_wide_scripts_count_as_wide():
    assert text_px("北京", 10) == 20
    assert wrapped("北京" * 20, 110)[0] == "北京" * 5


def test_no_text_is_an_empty_line():
    assert wrapped("", 100) == [""]
