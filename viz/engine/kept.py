"""Keep records by key, the ones used last, up to a number of bytes."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

SMALL = 1_000  # bytes a record without arrays is counted as


class Kept:
    """Hold records for all visitors; what was used longest ago goes first, and the newest always stays."""

    def __init__(self, max_bytes: int):
        self._max_bytes = max_bytes
        self._records: OrderedDict[Hashable, object] = OrderedDict()
        self._n_bytes = 0
        self._lock = threading.Lock()

    @property
    def n_bytes(self) -> int:
        """How many bytes are kept."""
        return self._n_bytes

    def find(self, key: Hashable) -> object | None:
        """Give the record of a key, None where there is none."""
        with self._lock:
            record = self._records.get(key)
            if record is not None:
                self._records.move_to_end(key)
            return record

    def keep(self, key: Hashable, record: object) -> None:
        """Take a record in, and let go of the oldest until the rest fits."""
        with self._lock:
            self._forget(key)
            self._records[key] = record
            self._n_bytes += _size(record)
            while self._n_bytes > self._max_bytes and len(self._records) > 1:
                self._forget(next(iter(self._records)))

    def forget(self, key: Hashable) -> None:
        """Let go of the record of a key, if there is one."""
        with self._lock:
            self._forget(key)

    def _forget(self, key: Hashable) -> None:
        if key in self._records:
            self._n_bytes -= _size(self._records.pop(key))


def _size(record: object) -> int:
    return len(record) if isinstance(record, bytes) else getattr(record, "nbytes", SMALL)
