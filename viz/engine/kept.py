"""Keep records by key, the ones used last, up to a number of bytes in all and for each who asked for them."""

import pickle
import sys
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

SMALL = 8_000  # bytes that every record is counted as beside its arrays and its key; a run of 100 tokens takes 15,000


class _Entry(NamedTuple):
    record: object
    owner: Hashable
    n_bytes: int


class Kept:
    """Hold records for all visitors; what was used longest ago goes first, and the newest always stays.

    Of one ``owner`` at most ``max_each`` bytes are kept, so that nobody drives out what all others asked for. A record
    that several ask for counts for whoever was the first.
    """

    def __init__(self, max_bytes: int, max_each: int | None = None):
        self._max_bytes, self._max_each = max_bytes, max_bytes if max_each is None else max_each
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._n_bytes = 0
        self._n_each: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    @property
    def n_bytes(self) -> int:
        """How many bytes are kept."""
        return self._n_bytes

    def n_bytes_of(self, owner: Hashable) -> int:
        """How many bytes are kept for one who asked."""
        return self._n_each.get(owner, 0)

    def find(self, key: Hashable) -> object | None:
        """Give the record of a key, None where there is none."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry.record

    def keep(self, key: Hashable, record: object, owner: Hashable = None) -> None:
        """Take a record in, and let go of the oldest, first of its owner's, until the rest fits."""
        entry = _Entry(record, owner, _size(key, record))
        with self._lock:
            self._forget(key)
            self._entries[key] = entry
            self._count(owner, entry.n_bytes)
            if owner is not None and self._n_each[owner] > self._max_each:
                for theirs in [key for key, entry in self._entries.items() if entry.owner == owner][:-1]:
                    if self._n_each[owner] <= self._max_each:
                        break
                    self._forget(theirs)
            while self._n_bytes > self._max_bytes and len(self._entries) > 1:
                self._forget(next(iter(self._entries)))

    def forget(self, key: Hashable) -> None:
        """Let go of the record of a key, if there is one."""
        with self._lock:
            self._forget(key)

    def forget_owner(self, owner: Hashable) -> None:
        """Let go of all that is kept for one who asked."""
        with self._lock:
            for key in [key for key, entry in self._entries.items() if entry.owner == owner]:
                self._forget(key)

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._entries.clear()
            self._n_each.clear()
            self._n_bytes = 0

    def _forget(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._count(entry.owner, -entry.n_bytes)

    def _count(self, owner: Hashable, n_bytes: int) -> None:
        self._n_bytes += n_bytes
        each = self._n_each.get(owner, 0) + n_bytes
        if each:
            self._n_each[owner] = each
        else:
            del self._n_each[owner]


def _size(key: Hashable, record: object) -> int:
    """Count the bytes of a record, and of its key: a question about hundreds of texts is larger than its answer."""
    weighed = sys.getsizeof(record) if isinstance(record, bytes | str) else getattr(record, "nbytes", None)
    return SMALL + _written(key) + (_written(record) if weighed is None else weighed)


def _written(plain: object) -> int:
    """Count plain values as they are written; what cannot be written is counted as little."""
    try:
        return len(pickle.dumps(plain))
    except (pickle.PicklingError, TypeError, AttributeError):
        return 0
