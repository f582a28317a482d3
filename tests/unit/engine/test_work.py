"""One record is made for all who wait for it, as long as anybody does; what one of them raises reaches no other."""

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from viz.engine.local import LocalEngine
from viz.engine.requests import NamePadToken, Time
from viz.engine.work import Abandoned, Work

SECONDS = 10  # a test that hangs fails after so many


class ClickedOn(BaseException):
    """As Streamlit raises it where a page shows its progress."""


class Making:
    """Make a record in steps that the test allows one by one; each begins with a report."""

    def __init__(self, n_steps: int = 2):
        self.n_steps, self.n_begun = n_steps, 0
        self.ended = threading.Semaphore(0)
        self.given_up = threading.Event()
        self._allowed = threading.Semaphore(0)

    def __call__(self, report):
        self.n_begun += 1
        try:
            for step in range(self.n_steps):
                assert self._allowed.acquire(timeout=SECONDS)
                report((step + 1) / self.n_steps)
        except Abandoned:
            self.given_up.set()
            raise
        finally:
            self.ended.release()
        return SimpleNamespace(nbytes=10)

    def allow(self, n_steps: int = 1) -> None:
        self._allowed.release(n_steps)


def click_on(_share: float) -> None:
    raise ClickedOn


class Fake:
    """Stand in for the service, so that no torch is needed."""

    def __init__(self, make):
        self.make = make

    def pinned(self, request):
        return request

    def answer(self, _request, *, ask, hear):
        return self.make(hear)


REQUEST, MEASUREMENT = NamePadToken("a-model"), Time("a-model", ("a text",))


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def engine_of(make, max_bytes: int = 100) -> LocalEngine:
    engine = LocalEngine(max_bytes)
    engine._service = Fake(make)
    return engine


def waiting(engine: LocalEngine, n: int) -> None:
    """Wait until so many wait for the one work."""
    until = time.monotonic() + SECONDS
    while [work._n_waiting for work in engine._works.values()] != [n]:
        assert time.monotonic() < until, f"never were {n} waiting"
        time.sleep(0.01)


def gone(held: weakref.ref) -> None:
    """Wait until nothing holds it any more: a work's thread ends a moment after its record is given."""
    until = time.monotonic() + SECONDS
    while held() is not None:
        gc.collect()
        assert time.monotonic() < until, "it is still held"
        time.sleep(0.001)


def test_two_who_wait_share_one_work_and_its_record(pool):
    making = Making()
    engine = engine_of(making)
    asked = [pool.submit(engine.ask, REQUEST) for _ in range(2)]
    waiting(engine, 2)
    making.allow(2)
    first, second = (future.result(SECONDS) for future in asked)
    assert first is second and making.n_begun == 1
    assert engine.ask(REQUEST) is first and making.n_begun == 1, "it is kept"


def test_one_who_leaves_takes_nothing_from_the_other(pool):
    making = Making()
    engine = engine_of(making)
    stays = pool.submit(engine.ask, REQUEST)
    waiting(engine, 1)
    with pytest.raises(ClickedOn):
        engine.ask(REQUEST, click_on)
    waiting(engine, 1)
    making.allow(2)
    assert stays.result(SECONDS).nbytes == 10
    assert making.n_begun == 1 and not making.given_up.is_set()


def test_when_all_have_left_the_work_ends_at_its_next_report_and_is_begun_anew(pool):
    making = Making(n_steps=3)
    engine = engine_of(making)
    leaves = threading.Event()

    def hear(_share: float) -> None:
        if leaves.is_set():
            raise ClickedOn

    asked = [pool.submit(engine.ask, REQUEST, hear) for _ in range(2)]
    waiting(engine, 2)
    making.allow()
    leaves.set()
    for future in asked:
        with pytest.raises(ClickedOn):
            future.result(SECONDS)
    assert not making.given_up.is_set(), "it ends where it reports, not before"
    making.allow()
    assert making.ended.acquire(timeout=SECONDS) and making.given_up.is_set()
    making.allow(3)
    assert engine.ask(REQUEST).nbytes == 10
    assert making.n_begun == 2


def test_who_comes_before_the_next_report_takes_the_work_over(pool):
    making = Making()
    engine = engine_of(making)
    with pytest.raises(ClickedOn):
        engine.ask(REQUEST, click_on)
    later = pool.submit(engine.ask, REQUEST)
    waiting(engine, 1)
    making.allow(2)
    assert later.result(SECONDS).nbytes == 10
    assert making.n_begun == 1


def test_the_share_done_is_heard_while_waiting(pool):
    making, shares, halfway = Making(), [], threading.Event()

    def hear(share: float) -> None:
        shares.append(share)
        if share == 0.5:
            halfway.set()

    asked = pool.submit(engine_of(making).ask, REQUEST, hear)
    making.allow()
    assert halfway.wait(SECONDS)
    making.allow()
    asked.result(SECONDS)
    assert shares == sorted(shares)


def test_an_error_reaches_all_who_wait_and_is_tried_again_by_who_asks_later(pool):
    fails, allowed = [True], threading.Event()

    def make(_report):
        allowed.wait(SECONDS)
        if fails.pop() if fails else False:
            raise ValueError("once")
        return SimpleNamespace(nbytes=10)

    engine = engine_of(make)
    asked = [pool.submit(engine.ask, REQUEST) for _ in range(3)]
    waiting(engine, 3)
    allowed.set()
    for future in asked:
        with pytest.raises(ValueError, match="once"):
            future.result(SECONDS)
    assert engine.ask(REQUEST).nbytes == 10


def test_what_is_nobody_elses_is_made_for_everybody(pool):
    making = Making(n_steps=0)
    engine = engine_of(making)
    assert engine.ask(MEASUREMENT) is not engine.ask(MEASUREMENT)
    assert making.n_begun == 2


def test_many_who_ask_at_once_make_it_once(pool):
    made = []

    def make(_report):
        made.append(1)
        return SimpleNamespace(nbytes=10)

    engine = engine_of(make)
    got = list(pool.map(lambda _n: engine.ask(REQUEST), range(200)))
    assert len(made) == 1 and len(set(map(id, got))) == 1


def test_a_work_that_is_over_holds_no_record_beyond_the_bytes_that_are_kept():
    class Large:
        nbytes = 1_000

    engine = LocalEngine(max_bytes=100)
    first = weakref.ref(engine.remember("a", Large))
    engine.remember("b", Large)
    gone(first)


def test_a_work_that_all_have_left_is_held_no_longer_than_it_runs(pool):
    making = Making()
    engine = engine_of(making)
    with pytest.raises(ClickedOn):
        engine.ask(REQUEST, click_on)
    work = weakref.ref(engine._works[REQUEST])
    making.allow()
    assert making.ended.acquire(timeout=SECONDS) and making.given_up.is_set()
    gone(work)


def test_what_was_opened_is_remembered():
    engine, made = LocalEngine(100), []

    def make():
        made.append(1)
        return SimpleNamespace(nbytes=10)

    assert engine.remember(("file", "digest"), make) is engine.remember(("file", "digest"), make)
    assert len(made) == 1


def test_whoever_asks_steps_aside_wherever_it_may_take_long_and_only_there():
    engine, where = engine_of(lambda _report: note("made")), []
    aside = threading.local()

    @contextmanager
    def step_aside():
        before, aside.now = getattr(aside, "now", False), True
        yield
        aside.now = before

    def note(what: str) -> SimpleNamespace:
        where.append(what)
        return SimpleNamespace(nbytes=10)

    def pinned(request):
        where.append(("pinned", aside.now))
        return replace(request, revision="now")

    engine.aside, engine._service.pinned = step_aside, pinned
    record = engine.ask(REQUEST)
    assert where == [("pinned", True), "made"]
    engine.aside = pytest.fail
    assert engine.ask(replace(REQUEST, revision="now")) is record, "what is kept is given at once"


def test_a_work_that_is_over_takes_nobody_in():
    work = Work(lambda _report: "made")
    assert work.result() == "made"
    assert work.is_over and not work.join()
