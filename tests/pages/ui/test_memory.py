"""What the engine has let go of is free: no visitor's page keeps a run alive."""

import gc
import weakref

import pytest

from tests.pages.driver import open_app
from viz.engine import local
from viz.records import Run

PAGES = ["masked_word", "batch", "generation", "cross", "same_alone", "inside", "training"]
PAGES += ["board", "claim", "switch_off", "positions", "compare"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_open_keeps_no_run(page, monkeypatch, tiny_translator_folder):
    made: list[weakref.ref] = []
    original = Run.__post_init__
    monkeypatch.setattr(Run, "__post_init__", lambda run: (made.append(weakref.ref(run)), original(run))[1])
    kept = local.Kept(local.MAX_BYTES)
    monkeypatch.setattr(local.engine, "_kept", kept)
    app = open_app(f"pages/{page}/page.py", **({"model": str(tiny_translator_folder)} if page == "cross" else {}))
    gc.collect()
    assert any(run() is not None for run in made)  # the engine keeps what it made
    kept._records.clear()
    local.engine._works.clear()
    gc.collect()
    assert [run().batch.texts for run in made if run() is not None] == []
    assert app.title[0].value
