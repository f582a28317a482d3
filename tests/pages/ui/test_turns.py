"""Nobody draws while a model runs or loads, whatever page asks."""

import pytest

from pages.ui import turns
from tests.pages.driver import SECONDS, open_app
from viz.engine import forward, local, models, service

PAGES = ["masked_word", "batch", "generation", "same_alone", "inside", "training", "board", "claim", "switch_off"]


@pytest.fixture
def passes_and_loads(monkeypatch):
    """Collect whether a turn was held at every pass and every load; the cache is empty at the beginning."""
    held: dict[str, list[bool]] = {"pass": [], "load": []}

    def watched(module, name: str, kind: str) -> None:
        real = getattr(module, name)

        def call(*arguments, **options):
            held[kind].append(turns.held())
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, call)

    monkeypatch.setattr(local.engine, "_kept", local.Kept(local.MAX_BYTES))
    watched(forward, "new_recording", "pass")
    watched(service, "load_model", "load")
    watched(models, "load_model", "load")
    return held


@pytest.mark.parametrize("page", PAGES)
def test_the_turn_is_free_in_every_pass_and_load(page, passes_and_loads):
    app = open_app(f"pages/{page}/page.py")
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
