"""Pages are drawn in turns, and nobody draws while a model runs or loads, whatever page asks."""

import threading

import pytest

from pages.cross import form
from pages.ui import turns
from tests.pages.driver import SECONDS, open_app
from viz.engine import forward, local, models, service, translating

PAGES = ["masked_word", "batch", "generation", "cross", "same_alone", "inside", "training"]
PAGES += [
    "board",
    "claim",
    "corpus",
    "switch_off",
    "attribution",
    "importance",
    "head",
    "patching",
    "positions",
    "compare",
]


@pytest.fixture
def passes_and_loads(monkeypatch):
    """Collect whether a turn was held at every pass and every load; the cache is empty at the beginning."""
    held: dict[str, list[bool]] = {"pass": [], "load": []}

    def watched(module, name: str, kind: str) -> None:
        real = getattr(module, name)

        def call(*arguments, **options):
            if threading.current_thread().name != "warm-up":  # no page waits for that one
                held[kind].append(turns.held())
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, call)

    monkeypatch.setattr(local.engine, "_kept", local.Kept(560_000_000))
    watched(forward, "new_recording", "pass")
    watched(translating, "run", "pass")
    watched(service, "load_model", "load")
    watched(models, "load_model", "load")
    return held


@pytest.mark.parametrize("page", PAGES)
def test_the_turn_is_free_in_every_pass_and_load(page, passes_and_loads, tiny_translator_folder, monkeypatch):
    monkeypatch.setattr(form, "MODELS", (str(tiny_translator_folder),))
    app = open_app(f"pages/{page}/page.py", **({"model": str(tiny_translator_folder)} if page == "cross" else {}))
    if page == "cross":
        app.text_input(key="cross_off_names").set_value("L1").run(timeout=SECONDS)
    if page == "inside":
        app.pills[0].set_value([2]).run(timeout=SECONDS)
    if page == "masked_word":
        next(pills for pills in app.pills if "Hide" in pills.label).set_value([2]).run(timeout=SECONDS)
    if page == "switch_off":
        next(button for button in app.button if button.label.startswith("Rank all")).click().run(timeout=SECONDS)
    assert passes_and_loads["pass"] and passes_and_loads["load"]
    assert not any(passes_and_loads["pass"] + passes_and_loads["load"])


def test_the_turn_is_seen_to_be_held_while_drawing():
    assert not turns.held()
    with turns.drawing(), turns.drawing():
        assert turns.held()
        with local.engine.aside():
            assert not turns.held()
        assert turns.held()
    assert not turns.held()


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
        assert local.engine.remember(("turns", "waits"), lambda: drawn.wait(SECONDS)), "nobody could draw meanwhile"
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
        local.engine.remember(("turns", "fails"), fail)
    assert not turns.held()
    thread, drawn = drawing_elsewhere()
    thread.join(SECONDS)
    assert drawn.is_set()


def test_who_does_not_draw_waits_without_a_turn():
    with turns.drawing():
        done = threading.Event()

        def ask() -> None:
            local.engine.remember(("turns", "without"), lambda: True)
            done.set()

        threading.Thread(target=ask).start()
        assert done.wait(SECONDS)
