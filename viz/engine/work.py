"""Make one record for all who wait for it, in a thread of its own, as long as anybody does."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

Record = TypeVar("Record")

Hear = Callable[[float], object]

POLL_SECONDS = 0.15


class Abandoned(Exception):
    """Raised inside a work that nobody waits for any more."""


class Work(Generic[Record]):
    """Begin making a record; whoever creates it, or joins it, waits for it once.

    What a page raises while it waits, when its visitor clicks on, never reaches the others who wait. ``make`` reports
    the share that is done; once nobody waits, reporting ends the work.
    """

    def __init__(self, make: Callable[[Hear], Record]):
        self._future: Future[Record] = Future()
        self._lock = threading.Lock()
        self._n_waiting, self._share, self._over = 1, 0.0, False
        threading.Thread(target=self._run, args=(make,), daemon=True, name="work").start()

    @property
    def is_over(self) -> bool:
        """Whether it is made, failed or given up."""
        return self._over

    def join(self) -> bool:
        """Wait for it too; False where it is over or being given up, and must be begun anew."""
        with self._lock:
            if not self._over:
                self._n_waiting += 1
            return not self._over

    def result(self, hear: Hear | None = None) -> Record:
        """Give the record, or raise what making it raised; ``hear`` is told the share done while waiting."""
        try:
            while hear is not None and not wait([self._future], timeout=POLL_SECONDS).done:
                hear(self._share)
            return self._future.result()
        finally:
            with self._lock:
                self._n_waiting -= 1

    def _run(self, make: Callable[[Hear], Record]) -> None:
        try:
            made = make(self._report)
        except BaseException as error:
            self._end()
            self._future.set_exception(error)
        else:
            self._end()
            self._future.set_result(made)

    def _report(self, share: float) -> None:
        with self._lock:
            self._share = share
            self._over = self._n_waiting == 0
            if self._over:
                raise Abandoned

    def _end(self) -> None:
        with self._lock:
            self._over = True
