"""Files that come with Headlight are missing, damaged or come back while it runs: sentences, and the rest goes on."""

import shutil
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import REPOSITORY, running_app
from tests.browser.test_server_routes import get

PARTS = ("app.py", "asgi.py", "bounds.py", "serve.py", ".streamlit", "pages", "viz", "assets")


@pytest.fixture
def copied(tmp_path) -> Path:
    """Give a copy of the app whose files a test may take away."""
    place = tmp_path / "app"
    place.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (REPOSITORY / part).is_dir() else shutil.copy
        copy(REPOSITORY / part, place / part)
    return place


@pytest.fixture
def serve(copied, tmp_path):
    """Give a function that serves the copy; its log has no traceback in the end."""
    log = tmp_path / "log.txt"
    yield lambda: running_app(log, folder=copied)
    assert "Traceback" not in log.read_text(), log.read_text()


def said(page: Page, sentence: str) -> None:
    expect(page.get_by_test_id("stAlertContentError").first).to_contain_text(sentence, timeout=60_000)
    settle(page)


def test_a_broken_catalogue_leaves_english(page, copied, serve, tmp_path):
    catalogue = copied / "assets" / "locale" / "ru" / "LC_MESSAGES" / "headlight.mo"
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    catalogue.write_bytes(b"\xde\x12\x04\x95" + b"\xff" * 60)
    with serve() as address:
        open_page(page, f"{address}/masked_word?lang=ru")
        expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
        expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
    assert "ru: no catalogue that can be read" in (tmp_path / "log.txt").read_text()


def test_a_model_of_ours_that_is_missing_is_said_and_works_once_it_is_back(page, copied, serve, tmp_path):
    model = copied / "assets" / "models" / "headlight-bert"
    model.rename(tmp_path / "elsewhere")
    with serve() as address:
        page.goto(f"{address}/masked_word")
        said(page, "Cannot use 'headlight-bert'")
        assert get(f"{address}/ready")[0] == 503
        page.goto(f"{address}/masked_word?model=headlight-gpt2&text=It+will+rain+in+the")
        expect(page.locator(".stage canvas[data-key]")).to_be_visible(timeout=60_000)
        (tmp_path / "elsewhere").rename(model)
        ends = time.monotonic() + 60
        while get(f"{address}/ready")[0] != 200:
            assert time.monotonic() < ends
            time.sleep(0.2)
        open_page(page, address)


def test_examples_that_are_missing_are_named_and_come_back(page, copied, serve, tmp_path):
    examples = copied / "assets" / "examples"
    examples.rename(tmp_path / "elsewhere")
    with serve() as address:
        page.goto(f"{address}/board")
        said(page, "'assets/examples/")
        said(page, "which comes with Headlight, is missing or cannot be read")
        (tmp_path / "elsewhere").rename(examples)
        page.reload()
        expect(page.get_by_label("Texts, one a line")).to_be_visible(timeout=60_000)
        settle(page)
        expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
