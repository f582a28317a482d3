"""A model's folder is taken away, cut in half and put back while the app runs: a sentence each time, no restart."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import running_app

TEXTS = [f"the {word} moves slow across the [MASK]" for word in ("turtle", "dog", "cat", "road")]


@pytest.fixture
def folder(tiny_bert_folder, tmp_path) -> Path:
    return shutil.copytree(tiny_bert_folder, tmp_path / "mine")


@pytest.fixture
def address(tmp_path):
    """Serve with room for one model."""
    with running_app(tmp_path / "log.txt", HEADLIGHT_KEPT_MODELS_MB="10") as address:
        yield address
    assert "Traceback" not in (tmp_path / "log.txt").read_text()


def ask(page: Page, text: str, model: str = "") -> None:
    """Ask in the form."""
    if model:
        page.get_by_role("combobox", name="Model").first.click()
        page.get_by_role("combobox", name="Model").first.fill(model)
        page.keyboard.press("Enter")
    page.get_by_label("Sentence with [MASK]").fill(text)
    page.get_by_role("button", name="Run").click()


def answered(page: Page, text: str) -> None:
    """Wait for the answer that begins as the text does, with no error above it."""
    expect(page.get_by_text(text.removesuffix("[MASK]").strip()).first).to_be_visible()
    expect(page.locator(".stage canvas[data-key]")).to_be_visible()
    settle(page)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


def refused(page: Page, sentence: str) -> None:
    """Wait for a sentence; the last answer stays below it."""
    expect(page.get_by_test_id("stAlertContentError").first).to_contain_text(sentence)
    expect(page.get_by_text("Below is still the last answer.")).to_be_visible()
    expect(page.locator(".stage canvas[data-key]")).to_be_visible()


def test_a_folder_that_goes_is_cut_and_comes_back(page, address, folder, tmp_path):
    open_page(page, f"{address}/masked_word?model={folder}&text={TEXTS[0]}")
    answered(page, TEXTS[0])
    ask(page, TEXTS[3])  # once more, for the model that every server loads at its start may have taken its place
    answered(page, TEXTS[3])
    whole = folder.rename(tmp_path / "elsewhere")
    ask(page, TEXTS[1])
    answered(page, TEXTS[1])  # it is loaded, and goes on
    ask(page, TEXTS[0], "headlight-bert")
    answered(page, TEXTS[0])  # now the other one is loaded in its place
    ask(page, TEXTS[2], str(folder))
    refused(page, f"There is no model '{folder}'")
    shutil.copytree(whole, folder)
    weights = folder / "model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)
    ask(page, TEXTS[2])
    refused(page, f"Cannot use '{folder}': it cannot be read")
    weights.unlink()
    ask(page, TEXTS[2])
    refused(page, f"Cannot use '{folder}': it has no weights")
    shutil.copy(whole / "model.safetensors", weights)
    ask(page, TEXTS[3])
    answered(page, TEXTS[3])
