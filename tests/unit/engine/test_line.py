"""Passes run in turn: no more at once than places, fair between askers, and not at all where nobody wants them."""

import threading
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from viz.engine import line, local
from viz.engine.line import Errand, Line, on_errand
from viz.engine.requests import NamePadToken
from viz.engine.work import Abandoned

SECONDS = 10  # a test that hangs fails after so many


class Queue:
    """Let askers wait in a line whose only place is taken, and note in which order they are served."""

    def __init__(self):
        self.line = Line(1)
        self.served: list[str] = []
        self._threads: list[threading.Thread] = []

    def join(self, asker: str, name: str = "", check=lambda: None) -> None:
        def wait_and_run():
            with on_errand(Errand(asker, check)), self.line:
                self.served.append(name or asker)

        before = self.line.n_waiting
        thread = threading.Thread(target=wait_and_run)
        thread.start()
        self._threads.append(thread)
        until(lambda: self.line.n_waiting == before + 1)

    def end(self) -> list[str]:
        for thread in self._threads:
            thread.join(SECONDS)
            assert not thread.is_alive()
        return self.served


def until(true) -> None:
    ends = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.001)


def test_nobodys_ten_stand_before_anothers_first():
    queue = Queue()
    with queue.line:
        for number in range(10):
            queue.join("a", f"a{number}")
        for asker in "bc":
            queue.join(asker)
        assert [queue.line.place_of(asker) for asker in "abcd"] == [1, 2, 3, 0]
        queue.join("b", "b again")
    assert queue.end() == ["a0", "b", "c", "a1", "b again", *(f"a{number}" for number in range(2, 10))]


def test_who_was_just_served_waits_for_those_who_were_not():
    queue = Queue()
    with on_errand(Errand("a")), queue.line:
        queue.join("a", "a1")
        queue.join("b")
        queue.join("c")
        assert [queue.line.place_of(asker) for asker in "abc"] == [3, 1, 2]
    assert queue.end() == ["b", "c", "a1"]


def test_an_empty_line_forgets_who_was_served_before():
    queue = Queue()
    with queue.line:
        for asker in ("a", "a", "b"):
            queue.join(asker)
    assert queue.end() == ["a", "b", "a"]
    with queue.line:
        for asker in ("c", "a", "b"):
            queue.join(asker)
    assert queue.end()[3:] == ["c", "a", "b"]


def test_no_more_run_at_once_than_there_are_places():
    places, most, now, lock = Line(3), 0, 0, threading.Lock()

    def run(asker: int) -> None:
        nonlocal most, now
        with on_errand(Errand(asker % 4)), places:
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.005)
            with lock:
                now -= 1

    threads = [threading.Thread(target=run, args=(asker,)) for asker in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert (most, now, places.n_waiting) == (3, 0, 0)
    with ExitStack() as all_places:
        for _place in range(3):
            all_places.enter_context(places)  # all of them came back


def test_a_pass_that_nobody_wants_does_not_begin_on_a_free_place():
    def check():
        raise Abandoned

    free = Line(1)
    with on_errand(Errand("a", check)), pytest.raises(Abandoned), free:
        pytest.fail("it ran")
    with free:
        pass


def test_a_pass_that_fails_gives_its_place_back():
    places = Line(1)
    with pytest.raises(RuntimeError), places:
        raise RuntimeError
    with places:
        assert places.n_waiting == 0


def test_what_nobody_wants_any_more_leaves_the_line_before_it_runs():
    queue, unwanted = Queue(), threading.Event()

    def check() -> None:
        if unwanted.is_set():
            raise Abandoned

    with queue.line, pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "excepthook", lambda *_raised: None)
        queue.join("a", "superseded", check)
        queue.join("b")
        unwanted.set()
        until(lambda: queue.line.n_waiting == 1)
        assert queue.line.place_of("b") == 1
    assert queue.end() == ["b"]


@pytest.fixture
def one_place(monkeypatch):
    """Give an engine whose answers take one pass each, in a line of one place, and what was answered."""
    places, answered = Line(1), []

    def answer(request, *, ask, hear):
        if request.checkpoint.startswith("outer"):
            return ask(NamePadToken(request.checkpoint.removeprefix("outer "), "1"))
        with places:
            answered.append(request.checkpoint)
        return SimpleNamespace(nbytes=1)

    engine = local.LocalEngine(560_000_000)
    engine._service = SimpleNamespace(answer=answer, pinned=lambda request: request)
    monkeypatch.setattr(local, "passes", places)
    return SimpleNamespace(engine=engine, places=places, answered=answered)


def ask_in_thread(engine, name: str, given: list) -> threading.Thread:
    def ask() -> None:
        try:
            given.append(engine.ask(NamePadToken(name, "1")))
        except BaseException as error:
            given.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


class ClickedOn(BaseException):
    """As Streamlit raises it where a page shows its place in line."""


@pytest.mark.parametrize("name", ["asked", "outer asked"])
def test_a_visitor_who_clicks_on_takes_the_question_out_of_the_line(one_place, name):
    engine, places, given = one_place.engine, one_place.places, []
    clicked, told = threading.Event(), []

    @local.contextmanager
    def waiting():
        def tell(place: int) -> None:
            told.append(place)
            if clicked.is_set() and threading.current_thread() is asking:
                raise ClickedOn

        yield tell

    engine.waiting, engine.asker = waiting, lambda: threading.current_thread().name
    with places:
        asking = ask_in_thread(engine, name, given)
        until(lambda: 1 in told)  # the first, and the only one, in line: also where one work waits for another
        clicked.set()
        asking.join(SECONDS)
        assert isinstance(given[0], ClickedOn)
        until(lambda: places.n_waiting == 0)
    assert one_place.answered == []


def test_a_question_that_another_waits_for_stays_in_line(one_place):
    engine, places, first, second = one_place.engine, one_place.places, [], []
    clicked = threading.Event()

    @local.contextmanager
    def waiting():
        def tell(_place: int) -> None:
            if clicked.is_set() and threading.current_thread() is asking:
                raise ClickedOn

        yield tell

    engine.waiting = waiting
    with places:
        asking = ask_in_thread(engine, "asked", first)
        until(lambda: places.n_waiting == 1)
        other = ask_in_thread(engine, "asked", second)
        time.sleep(2 * line.POLL_SECONDS)
        clicked.set()
        asking.join(SECONDS)
        assert isinstance(first[0], ClickedOn)
        time.sleep(2 * line.POLL_SECONDS)
        assert places.n_waiting == 1
    other.join(SECONDS)
    assert one_place.answered == ["asked"]
    assert second[0].nbytes == 1


def test_passes_of_a_work_are_those_of_who_began_it(one_place):
    engine, places, given = one_place.engine, one_place.places, []
    engine.asker = lambda: "me"
    with places:
        thread = ask_in_thread(engine, "outer asked", given)
        until(lambda: places.n_waiting == 1)
        assert (places.place_of("me"), places.place_of(None)) == (1, 0)
    thread.join(SECONDS)
