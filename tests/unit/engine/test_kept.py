"""Records are kept up to a number of bytes: those used longest ago go first, the newest always stays."""

from types import SimpleNamespace

from viz.engine.kept import SMALL, Kept


def record(nbytes: int) -> SimpleNamespace:
    """Stand in for a run: only its size is looked at."""
    return SimpleNamespace(nbytes=nbytes)


def keeping(max_bytes: int, **sizes: int) -> Kept:
    kept = Kept(max_bytes)
    for key, size in sizes.items():
        kept.keep(key, record(size))
    return kept


def there(kept: Kept, keys: str) -> str:
    return "".join(key for key in keys if kept.find(key) is not None)


def test_a_record_is_found_by_its_key_and_no_other():
    kept, first = Kept(100), record(40)
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
    assert kept.find("a").nbytes == 60


def test_a_record_without_arrays_takes_little_but_not_nothing():
    kept = Kept(3 * SMALL)
    for number in range(5):
        kept.keep(number, number)
    assert [kept.find(number) for number in range(5)] == [None, None, 2, 3, 4]
