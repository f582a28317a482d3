"""Make one record for all who wait for it, in a thread of its own, as long as anybody does."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

from viz.engine.line import POLL_SECONDS, Errand, errand, on_errand

Record = TypeVar("Record")

Hear = Callable[[float], object]


class Abandoned(Exception):
    """Raised inside a work that nobody waits for any more."""


class Work(Generic[Record]):
    """Begin making a record; whoever creates it, or joins it, waits for it once.

    What a page raises while it waits, when its visitor clicks on, never reaches the others who wait. ``make`` reports
    the share that is done; once nobody waits, reporting ends the work, and so does waiting in line for a pass, or for
    another work. All passes it makes are those of whoever began it, ``asker``.
    """

    def __init__(self, make: Callable[[Hear], Record], asker: Hashable = None):
        self.asker = asker
        self.queued = self.seconds = 0.0  # in line, and from beginning to end
        self._future: Future[Record] = Future()
        self._lock = threading.Lock()
        self._n_waiting, self._share, self._over = 1, 0.0, False
        threading.Thread(target=self._run, args=(make,), daemon=True, name="work").start()

    @property
    def is_over(self) -> bool:
        """Whether it is made, failed or given up."""
        return self._over

    def when_over(self, tell: Callable[[Future[Record]], None]) -> None:
        """Tell what came of it once it is over: the future holds the record, or what making it raised."""
        self._future.add_done_callback(tell)

    def join(self) -> bool:
        """Wait for it too; False where it is over or being given up, and must be begun anew."""
        with self._lock:
            if not self._over:
                self._n_waiting += 1
            return not self._over

    def result(self, hear: Hear | None = None) -> Record:
        """Give the record, or raise what making it raised; ``hear`` is told the share done while waiting."""
        wanted = errand.get()
        try:
            while not wait([self._future], timeout=POLL_SECONDS).done:
                wanted.check()  # of a work that waits for this one
                if hear is not None:
                    hear(self._share)
            return self._future.result()
        finally:
            wanted.waited(self.queued)
            with self._lock:
                self._n_waiting -= 1

    def _run(self, make: Callable[[Hear], Record]) -> None:
        since = time.monotonic()
        try:
            with on_errand(Errand(self.asker, self._end_if_unwanted, self._wait_longer)):
                made = make(self._report)
        except BaseException as error:
            self._end(since)
            self._future.set_exception(error)
        else:
            self._end(since)
            self._future.set_result(made)

    def _report(self, share: float) -> None:
        self._share = share
        self._end_if_unwanted()

    def _end_if_unwanted(self) -> None:
        with self._lock:
            self._over = self._n_waiting == 0
            if self._over:
                raise Abandoned

    def _wait_longer(self, seconds: float) -> None:
        self.queued += seconds

    def _end(self, since: float) -> None:
        self.seconds = time.monotonic() - since
        with self._lock:
            self._over = True
