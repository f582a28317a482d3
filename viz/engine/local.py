"""Answer every request once for all visitors, and keep the answers up to a number of bytes.

Where they are made is ``service``'s business: in this process, or by the workers of a cluster. This file imports
neither torch nor transformers: they come with the first request, so that a page's frame is on screen while they load.
"""

import importlib
import logging
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

from viz import journal, settings
from viz.engine.kept import Kept
from viz.engine.line import NOBODYS, Errand, errand, on_errand, passes
from viz.engine.meters import Meters
from viz.engine.requests import Request
from viz.engine.work import Abandoned, Hear, Work
from viz.errors import VizError
from viz.shipped import ALL_SHIPPED, SHIPPED

log = logging.getLogger("headlight")

Record = TypeVar("Record")


SERVICES = {"local": "viz.engine.service", "ray": "viz.cluster.service"}


class LocalEngine:
    """Answer requests: ``place`` says where answers are made, ``"local"`` or ``"ray"``.

    ``aside`` is entered whenever the asker would wait, for a pass, a load or another visitor's: whoever holds a lock
    that others need lets go of it there. ``asker`` names who asks in this thread: passes are fair between those.
    ``waiting`` is entered while an answer is made, and tells again and again the asker's place among those who wait for
    a pass, 0 where it is theirs already; what it raises ends the wait, and the work if nobody else waits for it.
    """

    def __init__(self, max_bytes: int, max_each: int | None = None, *, place: str = "local"):
        self.place = place
        self.aside: Callable[[], AbstractContextManager[None]] = nullcontext
        self.asker: Callable[[], Hashable] = lambda: None
        self.waiting: Callable[[], AbstractContextManager[Callable[[int], object]]] = _telling_nobody
        self._kept = Kept(max_bytes, max_each)
        self.meters = Meters(
            n_waiting=lambda: passes.n_waiting,
            n_bytes=lambda: self._kept.n_bytes,
            n_model_bytes=lambda: 0 if self._service is None else self._service.n_model_bytes(),
        )
        self._works: dict[Hashable, Work[Any]] = {}
        self._lock = threading.Lock()
        self._importing = threading.Lock()
        self._service: Any = None
        self._warming_up = self._getting_ready = False
        self._ready = threading.Event()

    def ask(self, request: Request[Record], hear: Hear | None = None) -> Record:
        """Give the record that answers a request; ``hear`` is told the share done while it is made.

        Raises what ``service.answer`` raises.
        """
        service, pinned = self._imported(), self._pinned(request)
        return self._once(pinned, lambda report: service.answer(pinned, ask=self.ask, hear=report), hear, pinned.kept)

    def stream(self, request: Request[Record]) -> Iterator[Record]:
        """Give the parts of an answer as they are made."""
        service, pinned = self._imported(), self._pinned(request)
        with self.aside():
            parts = service.stream(pinned, ask=self.ask)
        of = Errand(self._asker())
        while True:
            with self.aside(), on_errand(of):
                part = next(parts, None)
            if part is None:
                return
            yield part

    def remember(self, key: Hashable, make: Callable[[], Record]) -> Record:
        """Give a record that needs no model, such as an opened file; made once, and kept with the others."""
        return self._once(key, lambda _report: make(), None, keep=True)

    def warm_up(self) -> None:
        """Load torch and the default model in the background, once a process."""
        with self._lock:
            begun, self._warming_up = self._warming_up, True
        if not begun:
            threading.Thread(target=self._load_default, daemon=True, name="warm-up").start()

    def _load_default(self) -> None:
        try:
            self._imported().load_model(SHIPPED[0])
        except VizError as error:  # a page that needs it says so
            log.warning("not warmed up: %s", error)

    def is_ready(self) -> bool:
        """Tell whether the shipped models have been loaded; the first to ask begins loading them."""
        with self._lock:
            begun, self._getting_ready = self._getting_ready, True
        if not begun:
            threading.Thread(target=self._get_ready, daemon=True, name="warm-up").start()
        return self._ready.is_set()

    def _get_ready(self) -> None:
        try:
            for checkpoint in ALL_SHIPPED:
                self._imported().load_model(checkpoint)
            self._ready.set()
        except VizError as error:
            log.warning("not ready: %s", error)
            self._getting_ready = False  # who asks next tries again

    def _once(self, key: Hashable, make: Callable[[Hear], Record], hear: Hear | None, keep: bool) -> Record:
        found: Any = self._kept.find(key) if keep else None
        name = key[0] if isinstance(key, tuple) else type(key).__name__
        if found is not None:
            self.meters.answered(name, "kept")
            return found

        def make_and_keep(report: Hear) -> Record:
            # Another work on the same may have come to its end between the look above and the beginning of this one.
            again: Any = self._kept.find(key) if keep else None
            if again is not None:
                return again
            made = make(report)
            if keep:
                self._kept.keep(key, made, errand.get().asker)
            return made

        with self.aside(), self.waiting() as tell:
            work, is_new = self._work(key, make_and_keep, shared=keep)
            if is_new:
                work.when_over(self._drop_over)
                work.when_over(partial(self._note, key, name, work, errand.get() is NOBODYS))
            else:
                self.meters.answered(name, "shared")

            def hear_both(share: float) -> None:
                tell(passes.place_of(work.asker))
                if hear is not None:
                    hear(share)

            return work.result(hear_both)

    def _asker(self) -> Hashable:
        """Name for whom this thread asks: a work asks for whom it is made."""
        of = errand.get()
        return self.asker() if of.asker is None else of.asker

    def _note(self, key: Hashable, name: str, work: Work[Record], is_asked: bool, made: "Future[Record]") -> None:
        """Count a work that is over; what a visitor asked, and no other work, gets a line in the log."""
        error, computed = made.exception(), work.seconds - work.queued
        if isinstance(error, Abandoned):
            self.meters.answered(name, "given up")
            return
        self.meters.answered(name, "made" if error is None else "failed")
        if error is None:
            self.meters.made(name, work.queued, computed)
        else:
            self.meters.failed(error)
        if is_asked and isinstance(key, Request):
            record = made.result() if error is None else None
            said = "" if error is None else type(error).__name__
            journal.write(journal.Entry(key, work.asker, work.queued, computed, self.place, record, said))

    def _work(self, key: Hashable, make: Callable[[Hear], Record], *, shared: bool) -> tuple[Work[Record], bool]:
        """Join the work on a key, or begin it; tells whether it is a new one."""
        if not shared:
            return Work(make, self._asker()), True
        with self._lock:
            work = self._works.get(key)
            if work is not None and work.join():
                return work, False
            work = self._works[key] = Work(make, self._asker())
            return work, True

    def _drop_over(self, _made: "Future[Any]") -> None:
        """Let go of works that are over: each holds its record, or what a failed one was at, whoever still waits."""
        with self._lock:
            self._works = {key: work for key, work in self._works.items() if not work.is_over}

    def _pinned(self, request: Request[Record]) -> Request[Record]:
        """Name the weights of a request that leaves them open; the asker steps aside, for a name may be downloaded."""
        if getattr(getattr(request, "ask", request), "revision", None) != "":
            return request
        with self.aside():
            return self._imported().pinned(request)

    def _imported(self) -> Any:
        """Import what brings torch, under one lock: two threads that import transformers at once fail."""
        if self._service is None:
            with self.aside(), self._importing:
                self._service = importlib.import_module(SERVICES[self.place])
        return self._service


@contextmanager
def _telling_nobody() -> Iterator[Callable[[int], object]]:
    yield lambda _place: None


engine = LocalEngine(
    settings.current().kept_answers_mb * settings.MB,
    settings.current().kept_answers_each_mb * settings.MB,
    place="ray" if settings.current().cluster else "local",
)
