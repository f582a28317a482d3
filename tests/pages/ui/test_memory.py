"""What the engine has let go of is free: no visitor's page keeps a run alive, and who has left keeps nothing."""

import gc
import pickle
import tracemalloc
import weakref

import pytest

from pages.ui import visit
from tests import hand_made
from tests.pages.driver import assert_no_failure, messages, open_app, press
from viz.drawing.bars import prediction_bars
from viz.engine import local
from viz.engine.kept import Kept
from viz.engine.models import load_model
from viz.files import saved
from viz.records import Prediction, Run
from viz.shipped import SHIPPED

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
    local.engine._kept.clear()
    local.engine._works.clear()
    gc.collect()
    assert [run().batch.texts for run in made if run() is not None] == []


@pytest.fixture
def files(monkeypatch) -> Kept:
    """Let no file be kept yet."""
    monkeypatch.setattr(visit, "_files", Kept(10_000_000, 3_000_000))
    return visit._files


def opened(number: int = 0):
    """Open a saved run, on the page of runs."""
    app = open_app("pages/saved/page.py")
    data = saved.as_bytes(hand_made.run([[1] * (number + 2)]))
    app.file_uploader(key="saved_upload").set_value((f"{number}.npz", data, "application/octet-stream")).run()
    assert_no_failure(app)
    return app


def test_the_files_of_a_visit_are_let_go_of_once_its_session_is_gone(files):
    app, other = opened(0), opened(1)
    held = [weakref.ref(entry.record) for entry in files._entries.values()]
    assert len(held) == 2
    app.run()
    assert len(files._entries) == 2
    del app
    gc.collect()
    other.run()
    assert [of() is None for of in held] == [True, False]
    assert files.n_bytes == files.n_bytes_of(other.session_state["visit"]) > 0


def test_the_files_of_a_visit_stay_as_long_as_one_of_its_sessions_does(files):
    """A reload of the page is a new session, which takes the visit over from the old one."""
    visit._stay_under("0" * 32)
    old = visit.st.session_state["visit_stay"]
    held = visit.hold("a digest", b"bytes")
    visit._stay_under("0" * 32)
    del old
    gc.collect()
    visit.let_go_of_left()
    assert held().data == b"bytes"
    visit._stay_under("1" * 32)
    gc.collect()
    visit.let_go_of_left()
    assert held() is None and files.n_bytes == 0


def test_a_question_keeps_no_file_and_says_so_of_one_that_made_room(files):
    run = saved.as_bytes(hand_made.run([[1] * 5]))
    app = open_app("pages/compare/page.py")
    app.file_uploader(key="compare_file_a").set_value(("mine.npz", run, "application/octet-stream")).run()
    assert_no_failure(app)
    (held,) = [weakref.ref(entry.record) for entry in files._entries.values()]
    visit._files.keep(("another", "file"), b"x" * 9_990_000)
    local.engine._kept.clear()
    app.run()
    gc.collect()
    assert held() is None
    assert "'mine.npz' is no longer kept here" in " ".join(messages(app.error))


def test_a_file_that_is_kept_as_an_answer_is_shown_without_its_bytes(files):
    app = opened()
    files.clear()
    app.run()
    assert_no_failure(app)


def test_a_visit_of_fifty_questions_holds_what_was_asked_and_not_what_was_answered():
    app, sizes = open_app(), {}
    for number in range(50):
        app.text_input(key="text").set_value(f"Number {number}: the [MASK] is red.")
        press(app, "Run")
        sizes[number] = sum(map(written, app.session_state._state.filtered_state.values()))
    assert sizes[49] < 60_000  # 30 questions, some 700 bytes each, on the list of the visit
    assert sizes[49] < sizes[39] * 1.02


def written(value: object) -> int:
    """Count the bytes of a value of a session; a few of Streamlit's own cannot be written."""
    try:
        return len(pickle.dumps(value))
    except (AttributeError, TypeError, pickle.PicklingError):
        return len(repr(value))


def test_figures_are_counted_as_what_they_take():
    """A short text's map has few numbers; its figure takes a hundred times as much."""
    words = [Prediction(rank, rank, f"word{rank}", 1.0, 0.1) for rank in range(1, 6)]
    prediction_bars(words).to_dict()
    gc.collect()
    tracemalloc.start()
    made = [prediction_bars(words) for _number in range(20)]
    for figure in made:
        figure.to_dict()
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] / len(made)
    tracemalloc.stop()
    assert 0.6 < taken / made[0].nbytes < 1.4
