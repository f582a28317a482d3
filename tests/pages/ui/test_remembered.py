"""What the browser keeps of a run comes back as the same; what else stands there is taken for nothing."""

import json
from dataclasses import replace

import pytest

from pages.ui.remembered import MAX_KEPT_CHARACTERS, Remembered, key_of
from tests import hand_made
from viz.engine.requests import Ask, Edit, Translate

ASK = Ask("headlight-bert", ("one [MASK].", "zwei 🐢 $x$ <b>"), "r1", padding_side="left", truncate=True)
TRANSLATE = Translate("headlight-en-fr", ("a cat",), ("un chat",), "r2")


def remembered(request) -> Remembered:
    run = Remembered.asked(hand_made.run([[1, 1]]), request, "asked_sentence")
    return replace(run, page="masked_word", address=(("text", "one <b>"), ("head", "L1H1")))


def through_a_browser(run: Remembered) -> Remembered | None:
    return Remembered.from_plain(json.loads(json.dumps(run.as_plain())))


@pytest.mark.parametrize("request_", [ASK, TRANSLATE])
def test_an_asked_run_comes_back_with_its_request(request_):
    assert through_a_browser(remembered(request_)) == remembered(request_)


def test_an_opened_run_comes_back():
    run = Remembered.opened(hand_made.run([[1, 1]]), "../<b>mine</b>.npz", key_of(b"x"))
    assert through_a_browser(run) == run
    assert (run.name, run.is_opened, run.n_tokens) == ("../<b>mine</b>.npz", True, 2)


def test_equal_requests_are_one_run_and_others_are_not():
    assert remembered(ASK).key == remembered(replace(ASK)).key
    assert remembered(ASK).key != remembered(replace(ASK, padding_side="right")).key


def test_a_request_that_is_too_long_or_not_of_a_form_is_not_kept():
    for request in (
        replace(ASK, texts=("a" * (MAX_KEPT_CHARACTERS + 1),)),
        replace(ASK, texts=("one",), edit=Edit((1,))),
    ):
        back = through_a_browser(remembered(request))
        assert back is not None and back.request is None
        assert back.key == remembered(request).key


@pytest.mark.parametrize(
    "changed",
    [
        {"key": ""},
        {"key": 5},
        {"key": "../" * 22},
        {"page": "../x"},
        {"question": "visit"},
        {"name": None},
        {"model": ["a"]},
        {"text": "a" * 3_000},
        {"n_tokens": "5"},
        {"n_tokens": -1},
        {"n_texts": True},
        {"n_tokens": 10**30},
        {"page": None},
        {"address": []},
        {"address": {"a": 5}},
        {"address": {"a": "b" * 3_000}},
    ],
)
def test_what_is_no_run_is_taken_for_nothing(changed):
    assert Remembered.from_plain(remembered(ASK).as_plain() | changed) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"what": "Estimate"},
        {"what": []},
        {"checkpoint": 5},
        {"texts": []},
        {"texts": "abc"},
        {"texts": [5]},
        {"texts": ["a"] * 500},
        {"padding_side": "up"},
        {"truncate": 1},
        {"revision": None},
    ],
)
def test_a_request_that_is_none_is_left_out(changed):
    plain = remembered(ASK).as_plain()
    back = Remembered.from_plain(plain | {"request": plain["request"] | changed})
    assert back is not None and back.request is None


def test_anything_else_is_nothing():
    for given in (None, 5, "a", [], [1], {}, {"key": "a"}):
        assert Remembered.from_plain(given) is None
