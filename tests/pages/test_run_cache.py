"""Runs are made once however many ask, and forgotten by size."""

import threading
import time
from types import SimpleNamespace

import pytest
from pages.ui.cache import RunCache


def record(nbytes: int) -> SimpleNamespace:
    """Stand in for a run: the cache looks at its size only."""
    return SimpleNamespace(nbytes=nbytes)


def test_the_same_key_is_made_once_and_shared():
    cache, made = RunCache(100), []

    def make():
        made.append(1)
        return record(10)

    assert cache.get("a", make) is cache.get("a", make)
    assert len(made) == 1


def test_many_who_ask_at_once_wait_for_one():
    cache, made, got = RunCache(100), [], []

    def make():
        made.append(1)
        time.sleep(0.05)
        return record(10)

    threads = [threading.Thread(target=lambda: got.append(cache.get("a", make))) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(set(map(id, got))) == 1 and len(got) == 8


def test_an_error_reaches_who_asked_and_is_tried_again():
    cache = RunCache(100)

    def fail():
        raise ValueError("once")

    with pytest.raises(ValueError, match="once"):
        cache.get("a", fail)
    assert cache.get("a", lambda: record(10)).nbytes == 10


def test_the_one_used_longest_ago_is_forgotten_when_it_gets_too_much():
    cache = RunCache(100)
    first = cache.get("a", lambda: record(40))
    cache.get("b", lambda: record(40))
    cache.get("a", lambda: pytest.fail("a is there"))
    cache.get("c", lambda: record(40))
    assert cache.get("a", lambda: pytest.fail("a was used after b")) is first
    again = record(40)
    assert cache.get("b", lambda: again) is again


def test_one_that_is_larger_than_everything_is_still_given():
    cache = RunCache(100)
    large = cache.get("a", lambda: record(1_000))
    assert cache.get("a", lambda: pytest.fail("the newest stays")) is large
