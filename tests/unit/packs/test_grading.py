"""Answers are read as people type them, and held against the model's number in the question's unit."""

import pytest

from tests.packs import pack, question
from viz.packs.grading import State, hits_truth, judge, read_number, same_word, truth_said
from viz.packs.measures import Truth
from viz.packs.reading import read

WEIGHT = "{of: weight, query: slowly, key: moved, head: Layer4_Head11}"


def asked(kind: str, answer: str, more: str = ""):
    return read(pack(question(kind, answer, more)), "mine.yaml").questions[0]


@pytest.mark.parametrize(
    "typed, value",
    [
        ("0.42", 0.42),
        (" 0,42 ", 0.42),
        ("42 %", 42),
        ("42%", 42),
        ("-1", -1),
        ("−1", -1),
        ("+3", 3),
        ("1 234", 1234),
        ("1\u202f234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("5.", 5),
        ("４２", 42),
        ("", None),
        ("-", None),
        (".", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("1/2", None),
        ("0x10", None),
        ("three", None),
        ("1 2 three", None),
    ],
)
def test_a_number_is_read_as_people_type_it(typed, value):
    import unicodedata

    assert read_number(unicodedata.normalize("NFKC", typed)) == value


@pytest.mark.parametrize(
    "given, within, state",
    [
        ("0.5", 0.05, State.RIGHT),
        ("0.55", 0.05, State.RIGHT),  # 0.55 - 0.5 is 0.050000000000000044
        ("0.45", 0.05, State.RIGHT),
        ("0.551", 0.05, State.WRONG),
        ("0.5", 0, State.RIGHT),
        ("0.501", 0, State.WRONG),
        ("0,5", 0, State.RIGHT),
        ("much", 0, State.UNREADABLE),
        ("", 0, State.UNREADABLE),
        ("１", 0.5, State.RIGHT),
    ],
)
def test_a_number_is_right_within_its_tolerance(given, within, state):
    judged = judge(asked("number", WEIGHT, f"within: {within}\n"), given, Truth(0.5))
    assert judged.state is state
    assert judged.counts is (state is not State.UNREADABLE)
    if state is State.WRONG:
        assert "0.5" in judged.said


def test_a_share_is_asked_for_in_percent():
    of = asked("number", WEIGHT, "within: 2\npercent: true\n")
    assert judge(of, "48", Truth(0.5)).state is State.RIGHT
    assert judge(of, "52 %", Truth(0.5)).state is State.RIGHT
    assert judge(of, "0.5", Truth(0.5)).state is State.WRONG
    assert judge(of, "40", Truth(0.5)).said == "The model says 50.0%; right is within 2% of that."
    assert judge(of, "50", Truth(0.5)).said == "Right: the model says 50.0%, within 2%."


@pytest.mark.parametrize(
    "value, within, said",
    [(4.0, 0, "4"), (0.4236, 0.05, "0.42"), (0.4236, 0.001, "0.424"), (0.5, 0, "0.50"), (12.345678, 0, "12.3457")],
)
def test_a_number_is_written_as_finely_as_its_tolerance_asks(value, within, said):
    assert truth_said(asked("number", WEIGHT, f"within: {within}\n"), Truth(value)) == said


@pytest.mark.parametrize(
    "given, truth, is_same",
    [
        ("moved", "moved", True),
        (" Moved ", "moved", True),
        ("ing", "##ing", True),
        ("the", "␣the", True),
        ("the", "Ġthe", False),  # no label of ours: a piece's mark is shown as ␣
        ("ﬁne", "fine", True),
        ("move", "moved", False),
        ("##", "##", True),
        ("", "moved", False),
    ],
)
def test_words_are_compared_as_a_reader_does(given, truth, is_same):
    assert same_word(given, truth) is is_same


def test_a_word_that_is_as_large_is_right_too():
    of = asked("word", "{of: looked at, query: slowly, head: Layer4_Head11}")
    found = Truth("moved", ("turtle",), ("the", "turtle", "moved"))
    assert judge(of, "turtle", found).state is State.RIGHT
    assert judge(of, "turtle", found).said == "Right: turtle."
    wrong = judge(of, "the", found)
    assert (wrong.state, wrong.said) == (State.WRONG, "the is not it: the model says moved.")
    assert judge(of, "  ", found).said == "There is no word. Choose or type one."


@pytest.mark.parametrize("given", ["Layer4_Head11", "layer 4 head 11", "L3H10", "Attention_Layer4_Head11.png"])
def test_a_head_is_right_by_any_of_its_names(given):
    of = asked("head", "{of: head, query: slowly, key: moved}")
    assert judge(of, given, Truth("Layer4_Head11")).state is State.RIGHT
    assert judge(of, "Layer4_Head10", Truth("Layer4_Head11")).state is State.WRONG
    assert judge(of, "the fourth", Truth("Layer4_Head11")).state is State.UNREADABLE


@pytest.mark.parametrize("kind", ["word", "head", "number"])
def test_an_open_question_keeps_what_is_said(kind):
    of = asked(kind, "{of: open}")
    assert judge(of, "It depends on the mask.", None).state is State.OPEN
    assert judge(of, " ", None).state is State.UNREADABLE


def test_what_an_author_expects_is_held_in_the_questions_unit():
    of = asked("number", WEIGHT, "within: 1\npercent: true\n")
    assert hits_truth(of, 42.5, Truth(0.42))
    assert not hits_truth(of, 0.42, Truth(0.42))
    of = asked("word", "{of: prediction}")
    assert hits_truth(of, "River", Truth("river"))
    assert not hits_truth(of, "road", Truth("river"))


@pytest.mark.parametrize("more, said", [("within: 0.05", "not within 0.05 of"), ("", "not the model's number")])
def test_a_wrong_number_that_may_be_tried_again_does_not_tell_the_right_one(more, said):
    judged = judge(asked("number", WEIGHT, more), "0.9", Truth(0.123), tells=False)
    assert judged.state is State.WRONG and said in judged.said and "0.12" not in judged.said


def test_a_wrong_word_that_may_be_tried_again_does_not_tell_the_right_one():
    judged = judge(asked("word", "{of: prediction}"), "lake", Truth("road"), tells=False)
    assert judged.state is State.WRONG and "lake" in judged.said and "road" not in judged.said
    assert judge(asked("word", "{of: prediction}"), "road", Truth("road"), tells=False).state is State.RIGHT
