"""Pages are drawn in turns, and nobody waits for the engine while it is their turn."""

import threading

import pytest

from pages.ui import turns
from viz.engine.local import engine

SECONDS = 10


def drawing_elsewhere() -> tuple[threading.Thread, threading.Event]:
    """Draw in another thread as soon as it is its turn."""
    drawn = threading.Event()

    def draw() -> None:
        with turns.drawing():
            drawn.set()

    thread = threading.Thread(target=draw)
    thread.start()
    return thread, drawn


def test_two_never_draw_at_the_same_time():
    with turns.drawing():
        thread, drawn = drawing_elsewhere()
        assert not drawn.wait(0.05)
    thread.join(SECONDS)
    assert drawn.is_set() and not turns.held()


def test_another_draws_while_a_page_waits_for_the_engine():
    with turns.drawing():
        thread, drawn = drawing_elsewhere()
        assert engine.remember(("turns", "waits"), lambda: drawn.wait(SECONDS)), "nobody could draw meanwhile"
        thread.join(SECONDS)
        assert turns.held(), "it is this page's turn again"
    assert not turns.held()


def test_a_part_that_is_drawn_inside_a_page_is_in_turn_already():
    with turns.drawing():
        with turns.drawing():
            assert turns.held()
        thread, drawn = drawing_elsewhere()
        assert not drawn.wait(0.05), "the end of the part is not the end of the page"
    thread.join(SECONDS)
    assert drawn.is_set()


def test_who_leaves_while_waiting_or_fails_gives_the_turn_on():
    def fail():
        raise ValueError("as a pass may")

    with pytest.raises(ValueError, match="as a pass may"), turns.drawing():
        engine.remember(("turns", "fails"), fail)
    assert not turns.held()
    thread, drawn = drawing_elsewhere()
    thread.join(SECONDS)
    assert drawn.is_set()


def test_who_does_not_draw_waits_without_a_turn():
    with turns.drawing():
        done = threading.Event()

        def ask() -> None:
            engine.remember(("turns", "without"), lambda: True)
            done.set()

        threading.Thread(target=ask).start()
        assert done.wait(SECONDS)
