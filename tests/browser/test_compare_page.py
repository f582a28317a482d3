"""The page Compare two runs in real Chromium: pairs in columns, a click on the board, three maps, links, a phone."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.browser.server import running_app

NASTY = "<script>alert(1)</script> $x$ :red[x] **b** 😀 مرحبا 我们"
MAPS = ".st-key-compare_map_0, .st-key-compare_map_1, .st-key-compare_map_2"


def open_compare(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(MAPS).locator(".gtitle")).to_have_count(3, timeout=60_000)
    page.get_by_role("heading", name="What became of the answer").wait_for(timeout=60_000)
    settle(page)


def canvas(page: Page):
    return page.locator(".st-key-compare_board .stage canvas")


def titles(page: Page):
    return page.locator(MAPS).locator(".gtitle")


def columns(page: Page) -> list[list[str]]:
    """Give the tokens of each column, A's first."""
    found = page.locator(".hl-strips .stacks > li")
    return [found.nth(n).locator("bdi").all_inner_texts() for n in range(1, found.count())]


def test_a_link_opens_the_page_on_a_fresh_server(page, tmp_path):
    with running_app(tmp_path / "log.txt") as app:
        open_compare(page, f"{app}/compare?text_a={quote('the cat sat')}&text_b={quote('the old cat sat')}&head=L1H2")
        expect(page.get_by_role("heading", name="Compare two runs")).to_be_visible()
        expect(titles(page)).to_have_text(["Layer2_Head3 · L1H2"] * 3)
        words = [["the", "the"], ["–", "old"], ["cat", "cat"], ["sat", "sat"]]
        assert columns(page) == [["[CLS]", "[CLS]"], *words, ["[SEP]", "[SEP]"]]


def test_a_click_on_the_board_opens_that_head_everywhere(page, app):
    open_compare(page, f"{app}/compare")
    expect(canvas(page)).to_have_attribute("data-chosen", re.compile(r"Layer4_Head11 · L3H10: 0\.\d{4}"))
    box = canvas(page).bounding_box()
    canvas(page).click(position={"x": box["width"] * 5.5 / 12, "y": box["height"] * 0.5 / 6})
    expect(titles(page)).to_have_text(["Layer1_Head6 · L0H5"] * 3)
    expect(canvas(page)).to_have_attribute("data-chosen", re.compile("Layer1_Head6 · L0H5"))
    expect(page).to_have_url(re.compile("head=Layer1_Head6"))
    page.reload()
    expect(titles(page)).to_have_text(["Layer1_Head6 · L0H5"] * 3, timeout=60_000)


def test_a_question_is_typed_and_its_link_brings_it_back(page, app, tiny_bert_folder):
    """Two folders are what two checkpoints of one training are."""
    folder = quote(str(tiny_bert_folder))
    open_compare(page, f"{app}/compare?text_a=the+cat&model_a={folder}&text_b=the+cat&model_b={folder}")
    page.get_by_role("textbox", name="B: Hidden tokens").fill("2")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text("2 hidden")).to_be_visible()
    expect(page).to_have_url(re.compile("hide_b=2"))
    shown = columns(page)
    page.goto(page.url)
    expect(page.get_by_text("2 hidden")).to_be_visible(timeout=60_000)
    settle(page)
    assert columns(page) == shown == [["[CLS]"] * 2, ["the"] * 2, ["cat"] * 2, ["[SEP]"] * 2]


def test_an_error_names_its_side_and_the_last_answer_stays(page, app):
    open_compare(page, f"{app}/compare")
    page.get_by_role("textbox", name="A: Text").fill("")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="A: There is no text.")).to_be_visible()
    expect(titles(page)).to_have_count(3)


def test_the_heads_are_taken_along_as_csv(page, app):
    open_compare(page, f"{app}/compare")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="These heads as CSV").click()
    lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert waiting.value.suggested_filename == "heads_moved.csv"
    assert lines[0] == "head,index,moved" and len(lines) == 73


@pytest.mark.parametrize("model", ["headlight-bert", "headlight-gpt2"])
def test_any_text_is_text_and_nothing_else(page, app, model):
    open_compare(page, f"{app}/compare?text_a={quote(NASTY)}&text_b={quote('so ' + NASTY)}&model_b={model}")
    shown = "".join(column[0] for column in columns(page))
    assert "alert(1)" in shown and "$x$" in shown and "😀" in shown
    assert page.locator(".hl-strips script").count() == 0


def test_it_fits_a_phone(page, app):
    page.set_viewport_size({"width": 390, "height": 844})
    open_compare(page, f"{app}/compare")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.locator(".hl-strips .stacks").bounding_box()
    assert wide["x"] >= 0 and wide["x"] + wide["width"] <= 390
