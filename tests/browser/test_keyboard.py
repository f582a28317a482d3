"""Ten tasks by keyboard alone: no pointer, and no focus but the one that keys bring. Guessing is in test_predict_first.

What is heard on the way is what a screen reader would say: the text of a live region, or the name of what is reached.
"""

import re
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import open_page, settle
from tests.browser.keys import press, tab_to
from tests.browser.server import REPOSITORY
from tests.model.plain import attentions_of

FOLDER = REPOSITORY / "assets" / "models" / "headlight-bert"
SENTENCE = "The turtle moves slow across the [MASK]."
TOKENS = ("[CLS]", "the", "turtle", "moves", "slow", "across", "the", "[MASK]", ".", "[SEP]")


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    """Give plain transformers' attention of all heads, ``[L, H, Q, K]``."""
    return attentions_of(FOLDER, SENTENCE)[1]


def cells(page: Page, key: str = "head_map") -> Locator:
    return page.locator(f".st-key-{key}_walk .cell")


def heard(page: Page, key: str = "head_map") -> Locator:
    return page.locator(f".st-key-{key}_walk [aria-live]")


def title(page: Page) -> Locator:
    return page.locator(".st-key-head_map .gtitle")


def choose(page: Page, field: Locator, typed: str) -> None:
    """Choose from a list by typing some of it."""
    tab_to(page, field)
    page.keyboard.type(typed)
    expect(page.get_by_role("option").first).to_contain_text(typed)
    press(page, "Enter")


def test_1_a_head_is_chosen_in_the_overview_and_opens(page, app):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L3H10")
    tab_to(page, page.locator(".st-key-head_grid .stage canvas"))
    press(page, "ArrowUp", "ArrowLeft")
    expect(page.locator(".st-key-head_grid [aria-live]")).to_have_text("Layer3_Head10 · L2H9")
    expect(title(page)).to_have_text(["Layer3_Head10 · L2H9"])
    expect(page).to_have_url(re.compile("head=Layer3_Head10"))


def test_2_the_cells_of_its_map_are_walked_seen_and_heard_and_one_pins_its_row(page, app, weights):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L3H10")
    title(page).wait_for()
    of = weights[3, 10]

    def said(query: int, key: int) -> str:
        largest = " (largest of its row)" if key == of[query].argmax() else ""
        return f"query {query + 1} {TOKENS[query]}, key {key + 1} {TOKENS[key]}: {of[query, key]:.4f}{largest}"

    tab_to(page, cells(page))
    at = [0, 0]
    for key, to in (
        ("ArrowRight", (0, 0)),
        ("ArrowRight", (0, 1)),
        ("ArrowDown", (1, 1)),
        ("End", (1, 9)),
        ("Control+End", (9, 9)),
        ("PageUp", (0, 9)),
        ("Home", (0, 0)),
        ("ArrowUp", (0, 0)),
        ("PageDown", (9, 0)),
        ("Control+Home", (0, 0)),
        ("m", (0, int(of[0].argmax()))),
    ):
        press(page, key)
        expect(heard(page)).to_have_text(said(*to))
        expect(cells(page)).to_have_text(said(*to))
        at = to
    mark, plot = (page.locator(f".st-key-head_map {part}") for part in (".headlight-cell", ".js-plotly-plot .nsewdrag"))
    framed, drawn = mark.bounding_box(), plot.first.bounding_box()
    assert framed["x"] + framed["width"] / 2 == pytest.approx(drawn["x"] + drawn["width"] * (at[1] + 0.5) / 10, abs=2)
    assert framed["y"] + framed["height"] / 2 == pytest.approx(drawn["y"] + drawn["height"] * 0.05, abs=2)
    press(page, "s")
    expect(heard(page)).to_contain_text("10 rows (query), 10 columns (key); cells with a number: 100 of 100.")
    press(page, "ArrowDown", "ArrowDown", "Enter")
    expect(page).to_have_url(re.compile("row=3"))
    expect(page.locator(".shaded .said")).to_contain_text("turtle gives")
    press(page, "Shift+Tab")
    expect(mark).to_be_hidden()


def test_3_padding_and_later_keys_are_said_where_they_are(page, app):
    page.goto(f"{app}/batch?head=L1H4&prompt=1")
    title(page).wait_for(timeout=60_000)
    settle(page)
    tab_to(page, cells(page))
    press(page, "Control+Home")
    expect(heard(page)).to_have_text("query 1 <|endoftext|>, key 1 <|endoftext|>: padding")
    press(page, "Control+End", "ArrowUp")
    expect(heard(page)).to_have_text(re.compile(r"^query 7 .*, key 8 .*: a later key$"))


def test_4_a_sentence_is_typed_and_run(page, app):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}")
    tab_to(page, page.get_by_label("Sentence with [MASK]"))
    press(page, "Control+a")
    page.keyboard.type("She is reading a [MASK].")
    press(page, "Enter")
    expect(page.get_by_text("She is reading a book.")).to_be_visible()
    expect(page).to_have_url(re.compile("reading"))


def test_5_an_example_is_chosen_from_the_list(page, app):
    open_page(page, f"{app}/masked_word?text={quote('She is reading a [MASK].')}")
    choose(page, page.get_by_role("combobox", name="Examples"), "picked up")
    expect(page.get_by_label("Sentence with [MASK]")).to_have_value(re.compile("picked up"))


def test_6_a_word_is_hidden_and_what_it_changed_is_walked(page, app):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L3H10")
    tab_to(page, page.locator("[class*=st-key-hide_]").get_by_role("button").first)
    press(page, "ArrowRight", "ArrowRight", "ArrowRight", "Space")
    board = cells(page, "changes_board")
    board.wait_for()
    settle(page)
    tab_to(page, board)
    press(page, "ArrowRight", "ArrowDown")
    expect(heard(page, "changes_board")).to_have_text(re.compile(r"^layer 2, head 1: 0\.\d{4}"))


def test_7_a_picture_is_exported(page, app):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L3H10")
    tab_to(page, page.get_by_role("button", name="Download", exact=True))
    press(page, "Enter")
    png = page.get_by_role("button", name="This head as PNG")
    tab_to(page, png)
    with page.expect_download() as download:
        press(page, "Enter")
    assert download.value.suggested_filename == "Attention_Layer4_Head11.png"
    with Image.open(Path(download.value.path())) as picture:
        assert picture.width > 300


def test_8_the_language_is_changed(page, app):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L3H10")
    choose(page, page.get_by_role("combobox", name="Language / 语言 / Язык"), "Русский")
    expect(page.locator('html[lang^="ru"]')).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Замаскированное слово")
    settle(page)
    tab_to(page, cells(page))
    press(page, "ArrowRight")
    expect(heard(page)).to_have_text(re.compile(r"1 \[CLS\].*: 0,\d{4}"))


def test_9_a_head_is_switched_off(page, app):
    page.goto(f"{app}/switch_off?text={quote('She is reading a [MASK].')}")
    page.get_by_role("switch").first.wait_for(timeout=60_000)
    title(page).wait_for()
    settle(page)
    tab_to(page, page.locator(".switches button[tabindex='0']"))
    press(page, "ArrowDown", "ArrowRight", "Space")
    expect(page.get_by_role("textbox", name="Heads that are off")).to_have_value("L1H1")
    expect(page.locator(".switches .said")).to_have_text(re.compile(r"^Layer2_Head2 · L1H1: "))


def test_10_a_run_of_before_is_opened_again(page, app):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L1H4")
    tab_to(page, page.get_by_role("link", name="Runs", exact=True))
    press(page, "Enter")
    entry = page.locator("[class*=st-key-show_] button").first
    expect(entry).to_contain_text(SENTENCE)
    settle(page)
    tab_to(page, entry)
    press(page, "Enter")
    expect(page.locator(".st-key-bars_0 .bars .point")).to_have_count(3)
    expect(title(page)).to_have_text(["Layer2_Head5 · L1H4"])
