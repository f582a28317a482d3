"""What the engine has let go of is free: no visitor's page keeps a run alive."""

import gc
import weakref

import pytest

from tests.pages.driver import open_app
from viz.engine import local
from viz.engine.models import load_model
from viz.records import Run
from viz.shipped import SHIPPED

PAGES = ["masked_word", "batch", "generation", "cross", "same_alone", "inside", "training"]
PAGES += ["board", "claim", "switch_off", "positions", "compare"]


@pytest.fixture(autouse=True)
def loaded_models(tiny_translator_folder):
    """Load what the pages ask for beforehand: a load keeps what is drawn meanwhile until the next load."""
    for checkpoint in (*SHIPPED, str(tiny_translator_folder)):
        load_model(checkpoint)


@pytest.fixture
def made(monkeypatch):
    """List every run that is made, without holding it; the engine begins with none."""
    made: list[weakref.ref] = []
    original = Run.__post_init__
    monkeypatch.setattr(Run, "__post_init__", lambda run: (made.append(weakref.ref(run)), original(run))[1])
    monkeypatch.setattr(local.engine, "_kept", local.Kept(560_000_000))
    return made


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_open_keeps_no_run(page, made, tiny_translator_folder):
    app = open_app(f"pages/{page}/page.py", **({"model": str(tiny_translator_folder)} if page == "cross" else {}))
    assert_none_is_held(made)
    assert app.title[0].value


def test_downloads_that_wait_for_a_click_keep_no_run(made):
    app = open_app()
    app.session_state["downloads_open"] = True
    app.run()
    assert "This head as PDF" in [button.label for button in app.get("download_button")]
    assert_none_is_held(made)


def assert_none_is_held(made: list[weakref.ref]) -> None:
    gc.collect()
    assert any(run() is not None for run in made)  # the engine keeps what it made
    local.engine._kept._records.clear()
    local.engine._works.clear()
    gc.collect()
    assert [run().batch.texts for run in made if run() is not None] == []
