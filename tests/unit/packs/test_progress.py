"""Progress is kept in plain values; what comes back from a browser or a ZIP is checked."""

import copy
import functools
import itertools
import json
from dataclasses import replace

import pytest

from tests.packs import PADDING, pack, question
from viz.packs.errors import AnswerTooLong
from viz.packs.progress import MAX_ANSWERS, MAX_GIVEN, MAX_SENTENCES, Given, Progress
from viz.packs.reading import read

BEGUN = Progress("try-it", "d" * 64).answering("padding", "3", hinted=True).answering("padding", "4")


def test_the_first_answer_stays_beside_the_last():
    assert BEGUN.answers["padding"] == Given(last="4", first="3", tries=2, hinted=True)
    more = BEGUN.answering("claim", "Layer4_Head11", sentences="It *went* _off_.", words="adverb → verb")
    assert more.answers["claim"].sentences == "It *went* _off_."
    assert "claim" not in BEGUN.answers


def test_it_comes_back_from_json_as_it_was():
    assert Progress.from_plain(json.loads(json.dumps(BEGUN.as_plain()))) == BEGUN


@pytest.mark.parametrize(
    "path, value",
    [
        (("pack",), 3),
        (("pack",), "x" * 61),
        (("digest",), None),
        (("part",), -1),
        (("part",), True),
        (("part",), 1.0),
        (("begun_anew",), -1),
        (("begun_anew",), None),
        (("answers",), []),
        (("answers", "padding"), "4"),
        (("answers", "padding", "last"), "x" * (MAX_GIVEN + 1)),
        (("answers", "padding", "first"), None),
        (("answers", "padding", "tries"), "2"),
        (("answers", "padding", "tries"), 10**9),
        (("answers", "padding", "hinted"), 1),
        (("answers", "padding", "words"), ["a"]),
    ],
)
def test_what_was_not_written_here_is_not_read(path, value):
    plain = copy.deepcopy(BEGUN.as_plain())
    place = plain
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert Progress.from_plain(plain) is None


@pytest.mark.parametrize("told", [None, [], "{}", {}, {"pack": "try-it"}, 3])
def test_nothing_of_ours_is_none(told):
    assert Progress.from_plain(told) is None


def test_more_answers_than_a_pack_asks_are_not_read():
    plain = BEGUN.as_plain()
    plain["answers"] = {f"q{n}": BEGUN.as_plain()["answers"]["padding"] for n in range(MAX_ANSWERS + 1)}
    assert Progress.from_plain(plain) is None


@pytest.mark.parametrize("given, sentences", [("x" * (MAX_GIVEN + 1), ""), ("x", "y" * (MAX_SENTENCES + 1))])
def test_an_answer_that_could_not_be_read_again_is_refused_before_it_is_kept(given, sentences):
    with pytest.raises(AnswerTooLong, match="characters"):
        BEGUN.answering("claim", given, sentences=sentences)
    longest = BEGUN.answering("claim", "x" * MAX_GIVEN, sentences="y" * MAX_SENTENCES)
    assert Progress.from_plain(longest.as_plain()) == longest


def test_a_pack_that_was_changed_keeps_the_answers_to_questions_that_are_still_there():
    both = BEGUN.answering("gone", "x")
    now = both.of_pack("e" * 64, {"padding", "new"})
    assert (now.digest, dict(now.answers)) == ("e" * 64, dict(BEGUN.answers))


def test_what_was_kept_before_a_lesson_could_be_begun_anew_is_read():
    plain = BEGUN.as_plain()
    del plain["begun_anew"]
    assert Progress.from_plain(plain) == BEGUN


def test_answers_go_on_with_earlier_ones():
    earlier = Progress("try-it", "d" * 64, part=2, begun_anew=1).answering("padding", "1").answering("other", "2")
    now = BEGUN.over(earlier)
    assert (now.part, now.begun_anew, now.answers["other"]) == (2, 1, earlier.answers["other"])
    assert now.answers["padding"] == Given(last="4", first="1", tries=3)


EMPTY = Progress("try-it", "d" * 64)
ANSWERED = [
    EMPTY,
    EMPTY.answering("a", "1"),
    EMPTY.answering("a", "2"),
    EMPTY.answering("a", "1").answering("a", "3"),
    EMPTY.answering("b", "1", hinted=True),
    EMPTY.answering("a", "1").let_go(),
    EMPTY.let_go().answering("c", "1"),
]


@pytest.mark.parametrize("tabs", list(itertools.combinations(ANSWERED, 3)))
def test_tabs_hold_the_same_in_whatever_order_they_hear_of_one_another(tabs):
    ends = [functools.reduce(Progress.joined, order) for order in itertools.permutations([*tabs, tabs[0]])]
    assert all(end == ends[0] for end in ends)


def test_two_tabs_keep_what_each_was_answered():
    one, other = EMPTY.answering("a", "1"), replace(EMPTY.answering("b", "2"), part=3)
    both = one.joined(other)
    assert (dict(both.answers), both.part) == ({**one.answers, **other.answers}, 0)
    assert other.joined(both) == replace(both, part=3)
    assert one.joined(one.answering("a", "2")).answers["a"] == Given(last="2", first="1", tries=2)


def test_answers_that_were_let_go_do_not_come_back_from_another_tab():
    anew = BEGUN.let_go()
    assert (dict(anew.answers), anew.begun_anew) == ({}, 1)
    assert anew.joined(BEGUN) == anew == BEGUN.joined(anew)
    later = anew.answering("other", "1")
    assert later.joined(BEGUN) == later


def test_a_part_is_done_once_every_question_of_it_has_an_answer():
    (part,) = read(pack(PADDING, question("word", "{of: open}")), "x.yaml").parts
    assert not BEGUN.has_all(part)
    assert BEGUN.answering("q", "a word").has_all(part)
