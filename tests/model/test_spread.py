"""A long request that is shared out has the numbers of one process, to the last bit; parts may come in any order."""

import random
import threading
import time

import numpy as np
import pytest

from tests.same_record import assert_same
from viz.analysis.claims.text import read_sentences
from viz.cluster import spread
from viz.engine.requests import Ask, FindWord, Gather, Measure, MeasureOffsets, Rank
from viz.engine.service import answer, pinned, stream
from viz.errors import TextTooLong
from viz.shipped import SHIPPED

BERT = SHIPPED[0]
TEXTS = tuple(f"The {'very ' * (n % 9)}old cat, number {n}, sat on the mat." for n in range(50))
CLAIM = read_sentences("\n".join(f"The {'very ' * (n % 7)}old _cat_ slowly *sat* on mat {n}." for n in range(40)))
LONG = (Measure(BERT, TEXTS), MeasureOffsets(BERT, TEXTS), Gather(BERT, CLAIM))


def unevenly(request):
    """Answer after a while of any length, so that parts end in another order than they began."""
    time.sleep(random.random() * 0.05)
    return answer(request)


@pytest.mark.parametrize("request_", LONG, ids=lambda of: type(of).__name__)
def test_what_is_shared_out_has_the_numbers_of_one_process(request_):
    assert spread.is_long(request_)
    asked, shares = pinned(request_), []
    kinds = []

    def ask(part):
        kinds.append(type(part).__name__)
        return unevenly(part)

    assert_same(spread.answer(asked, ask, shares.append, n_workers=3), answer(asked))
    assert len(kinds) > 3 and kinds[0] == "ShareOut"
    assert shares == sorted(shares) and shares[-1] == 1


def test_a_short_request_is_not_shared_out():
    for request in (Ask(BERT, TEXTS[:2]), Measure(BERT, TEXTS[:16]), FindWord(BERT, "cat", "dog")):
        assert not spread.is_long(request)


@pytest.mark.parametrize("n_done", [0, 5, 30])
def test_a_ranking_that_is_shared_out_is_that_of_one_process_from_any_head_on(n_done):
    request = pinned(Rank(Ask(BERT, ("The [MASK] barked at the cat.",)), 0, word_id=7, n_done=n_done))
    run = answer(request.ask)
    shared_out = spread.rank(request, lambda part: list(stream(part)), run.model.n_layers, run.model.n_heads, 2)
    assert_same([head for part in shared_out for head in part], [head for part in stream(request) for head in part])


def test_what_a_part_raises_ends_the_whole():
    long = " ".join(["cat"] * 2000)
    with pytest.raises(TextTooLong, match="Text 3 has"):
        spread.answer(pinned(Measure(BERT, (*TEXTS[:2], long, *TEXTS[3:]))), answer, lambda _share: None, 2)


def test_parts_that_nobody_waits_for_any_more_are_not_begun():
    begun, stop = [], threading.Event()

    def ask(part):
        begun.append(part)
        return answer(part)

    def give_up(_share):
        stop.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spread.answer(pinned(Measure(BERT, TEXTS)), ask, give_up, 2)
    n_begun = len(begun)
    time.sleep(0.3)
    assert stop.is_set() and len(begun) <= n_begun + 1 < 5


def test_the_comparison_would_see_one_number_that_differs():
    board, other = answer(pinned(LONG[0])), answer(pinned(Measure(BERT, (*TEXTS[:-1], "Another text."))))
    with pytest.raises(AssertionError):
        assert_same(board, other)
    with pytest.raises(AssertionError):
        assert_same(np.float32(1), np.nextafter(np.float32(1), np.float32(2)))
