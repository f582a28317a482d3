"""Let passes run in turn: as many at once as there are places, fair between those who ask.

Whoever asks for ten passes waits behind everybody else's first one. This is start-time fair queueing (Goyal, Vin and
Cheng 1996) with passes of equal weight: a pass is given a number when it joins, the larger of the number now being
served and one more than its asker's last; the smallest number goes next, of equal ones who came first.
"""

import heapq
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from viz import settings

POLL_SECONDS = 0.15  # between two looks whether a pass that waits is still wanted


@dataclass(frozen=True, slots=True)
class Errand:
    """Say for whom a thread works.

    ``check`` raises what ends the work where nobody waits for it any more; ``waited`` is told the seconds in line.
    """

    asker: Hashable = None
    check: Callable[[], None] = lambda: None
    waited: Callable[[float], None] = lambda _seconds: None


NOBODYS = Errand()
errand: ContextVar[Errand] = ContextVar("errand", default=NOBODYS)


@dataclass(order=True, slots=True)
class _Ticket:
    start: int
    number: int
    asker: Hashable = field(compare=False)
    called: threading.Event = field(compare=False, default_factory=threading.Event)


class Line:
    """Hold who runs and who waits. ``with line`` runs in turn, on the errand of the thread that enters."""

    def __init__(self, n_places: int):
        self._lock = threading.Lock()
        self._n_places = self._free = n_places
        self._waiting: list[_Ticket] = []  # a heap
        self._now = self._n_joined = 0
        self._next_of: dict[Hashable, int] = {}  # the number that an asker's next pass gets at least

    def __enter__(self) -> None:
        of = errand.get()
        of.check()
        ticket, since = self._join(of.asker), time.monotonic()
        try:
            while not ticket.called.wait(POLL_SECONDS):
                of.check()
        except BaseException:
            self._step_out(ticket)
            raise
        of.waited(time.monotonic() - since)

    def __exit__(self, *_raised: object) -> None:
        with self._lock:
            self._free += 1
            self._call()
            if self._free == self._n_places:  # nobody is left, so nobody's past counts
                self._next_of, self._now = {}, 0

    def place_of(self, asker: Hashable) -> int:
        """Give how many passes go before the first one that this asker waits for, and that one; 0 if none waits."""
        with self._lock:
            asked = [at for at, ticket in enumerate(sorted(self._waiting), start=1) if ticket.asker == asker]
        return min(asked, default=0)

    @property
    def n_waiting(self) -> int:
        """How many passes wait."""
        return len(self._waiting)

    def _join(self, asker: Hashable) -> _Ticket:
        with self._lock:
            ticket = _Ticket(max(self._now, self._next_of.get(asker, 0)), self._n_joined, asker)
            self._n_joined += 1
            self._next_of[asker] = ticket.start + 1
            heapq.heappush(self._waiting, ticket)
            self._call()
        return ticket

    def _call(self) -> None:
        """Let the next ones run."""
        while self._free and self._waiting:
            ticket = heapq.heappop(self._waiting)
            self._free, self._now = self._free - 1, ticket.start
            ticket.called.set()

    def _step_out(self, ticket: _Ticket) -> None:
        """Leave the line; who was called in the same moment gives the place on."""
        with self._lock:
            if ticket.called.is_set():
                self._free += 1
            else:
                self._waiting.remove(ticket)
                heapq.heapify(self._waiting)
            self._call()


@contextmanager
def on_errand(of: Errand) -> Iterator[None]:
    """Work for somebody in this thread."""
    token = errand.set(of)
    try:
        yield
    finally:
        errand.reset(token)


passes = Line(settings.current().passes_at_once)
