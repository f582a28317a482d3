"""Records are kept up to a number of bytes: those used longest ago go first, the newest always stays."""

import gc
import threading
import weakref
from types import SimpleNamespace

import numpy as np
import pytest

from viz.engine.kept import SMALL, Kept

MB = 10**6
LITTLE = 100 * SMALL


def record(megabytes: int) -> SimpleNamespace:
    """Stand in for a run: only its size is looked at."""
    return SimpleNamespace(nbytes=megabytes * MB)


def room(megabytes: int, each: int | None = None) -> Kept:
    """Give a store with room for so much, and for what is counted beside it."""
    return Kept(megabytes * MB + LITTLE, None if each is None else each * MB + LITTLE)


def keeping(megabytes: int, **sizes: int) -> Kept:
    kept = room(megabytes)
    for key, size in sizes.items():
        kept.keep(key, record(size))
    return kept


def there(kept: Kept, keys: str) -> str:
    return "".join(key for key in keys if kept.find(key) is not None)


def test_a_record_is_found_by_its_key_and_no_other():
    kept, first = room(100), record(40)
    kept.keep("a", first)
    assert kept.find("a") is first and kept.find("b") is None


def test_what_was_used_longest_ago_goes_when_it_gets_too_much():
    kept = keeping(100, a=40, b=40)
    kept.find("a")
    kept.keep("c", record(40))
    assert there(kept, "abc") == "ac"


def test_as_many_go_as_must():
    kept = keeping(100, a=20, b=20, c=20, d=40)
    kept.keep("e", record(50))
    assert there(kept, "abcde") == "de"


def test_the_newest_stays_however_large_it_is():
    kept = keeping(100, a=40)
    kept.keep("b", record(1_000))
    assert there(kept, "ab") == "b"
    kept.keep("c", record(1))
    assert there(kept, "bc") == "c"


def test_a_record_that_is_kept_anew_counts_once():
    kept = keeping(100, a=40, b=40)
    kept.keep("a", record(60))
    assert there(kept, "ab") == "ab"
    assert kept.find("a").nbytes == 60 * MB


def test_a_record_without_arrays_takes_little_but_not_nothing():
    kept = Kept(3 * SMALL + SMALL // 2)
    for number in range(5):
        kept.keep(number, number)
    assert [kept.find(number) for number in range(5)] == [None, None, 2, 3, 4]


@pytest.mark.parametrize(
    "key, record, n_bytes",
    [
        ("a", b"x" * MB, MB),
        ("a", "x" * MB, MB),
        ("a", "\u4e2d" * MB, 2 * MB),  # two bytes a character
        ("a" * MB, None, MB),
        (("a request", ("text " * 1000,) * 1, "\u4e2d" * MB), None, 3 * MB),  # three bytes a character, as written
        ("a", ["text"] + ["x" * 1000 + str(n) for n in range(1000)], MB),
        ("a", (np.zeros(MB // 8), np.zeros(MB // 8)), 2 * MB),
    ],
    ids=str,
)
def test_texts_and_keys_and_arrays_within_records_are_counted(key, record, n_bytes):
    kept = Kept(100 * MB)
    kept.keep(key, record)
    assert n_bytes <= kept.n_bytes <= n_bytes + LITTLE


def test_a_key_that_cannot_be_written_is_counted_as_little():
    kept = Kept(MB)
    kept.keep(threading.Lock(), threading.Lock())
    assert kept.n_bytes == SMALL


def test_of_one_who_asks_so_much_is_kept_and_no_more():
    kept = room(100, each=40)
    kept.keep("theirs", record(30), "b")
    for key in "cdefg":
        kept.keep(key, record(20), "a")
    assert there(kept, "cdefg") == "fg" and there(kept, ["theirs"]) == "theirs"
    assert kept.n_bytes_of("a") < 40 * MB + LITTLE < kept.n_bytes


def test_without_a_bound_for_each_one_fills_all():
    kept = room(100)
    for key in "abcdefg":
        kept.keep(key, record(20), "one")
    assert there(kept, "abcdefg") == "cdefg"


def test_the_newest_of_one_stays_however_large_it_is():
    kept = room(100, each=40)
    kept.keep("a", record(10), "one")
    kept.keep("b", record(60), "one")
    assert there(kept, "ab") == "b"


def test_a_record_of_nobody_is_bounded_with_all_others_only():
    kept = room(100, each=10)
    for key in "abcde":
        kept.keep(key, record(20))
    assert there(kept, "abcde") == "abcde"


def test_all_of_one_who_left_is_let_go_of_and_nothing_of_others():
    kept = room(100)
    cells = np.zeros(20 * MB // 8)
    left = weakref.ref(cells)
    kept.keep("a", cells, "one")
    kept.keep("b", record(20), "one")
    kept.keep("c", record(20), "another")
    del cells
    kept.forget_owner("one")
    gc.collect()
    assert left() is None and there(kept, "abc") == "c"
    assert (kept.n_bytes_of("one"), kept.n_bytes) == (0, kept.n_bytes_of("another"))
    kept.forget("c")
    assert kept.n_bytes == 0 and kept._n_each == {}


def test_what_is_counted_stays_right_whatever_is_done_at_once():
    kept = Kept(50 * SMALL, 20 * SMALL)

    def work(owner: int) -> None:
        for number in range(400):
            kept.keep((owner, number % 37), b"x" * (number * 13 % 5000), owner)
            kept.find((owner - 1, number % 37))
            if number % 11 == 0:
                kept.forget((owner, number % 5))
            if number % 97 == 0:
                kept.forget_owner(owner - 1)

    workers = [threading.Thread(target=work, args=(owner,)) for owner in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert kept.n_bytes == sum(entry.n_bytes for entry in kept._entries.values()) <= 50 * SMALL
    assert all(0 < kept.n_bytes_of(owner) <= 20 * SMALL for owner in kept._n_each)
    kept.clear()
    assert (kept.n_bytes, kept._n_each, len(kept._entries)) == (0, {}, 0)
