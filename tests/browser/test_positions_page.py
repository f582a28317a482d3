"""Where is the order? in real Chromium: parts, shuffles, points, addresses, and what no text may do to the page."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle

HOSTILE = "<script>alert(1)</script> $x$ :red[x] **b** 😀 مرحبا 我们今天 the [MASK]."


def open_part(page: Page, address: str, chart: str) -> None:
    """Open the page and wait until a part's chart is drawn."""
    page.goto(address)
    page.locator(f".st-key-{chart} .main-svg").first.wait_for(timeout=60_000)
    settle(page)


def test_parts_are_one_click_apart_and_stand_in_the_address(page, app):
    open_part(page, f"{app}/positions", "order_board")
    expect(page.get_by_text("Of their attention the heads gave")).to_be_visible()
    for label, part, chart in (
        ("Tables of positions", "tables", "position_table_map"),
        ("Place or word?", "heads", "place_word_scatter"),
        ("By distance", "distance", "offset_profile"),
        ("position_ids forgotten", "forgotten", "order_board"),
    ):
        page.get_by_role("radio", name=label).or_(page.get_by_role("button", name=label, exact=True)).first.click()
        page.locator(f".st-key-{chart} .main-svg").first.wait_for(timeout=60_000)
        expect(page).to_have_url(re.compile(f"part={part}"))
        settle(page)


def test_another_shuffle_is_another_answer(page, app):
    open_part(page, f"{app}/positions?change=words&seed=1", "order_board")
    strip = page.locator(".hl-strips .strip").nth(1)
    first = strip.inner_text()
    page.get_by_role("button", name="Another shuffle").click()
    expect(page).to_have_url(re.compile("seed=2"))
    expect(strip).not_to_have_text(first)
    settle(page)
    again = strip.inner_text()
    open_part(page, page.url, "order_board")
    expect(page.locator(".hl-strips .strip").nth(1)).to_have_text(again, use_inner_text=True)


def test_a_point_opens_its_head(page, app):
    open_part(page, f"{app}/positions?part=heads", "place_word_scatter")
    points = page.locator(".st-key-place_word_scatter .scatterlayer .point")
    expect(points).to_have_count(72)
    square = page.locator(".st-key-place_word_scatter .trace").nth(1).locator(".point").last
    square.scroll_into_view_if_needed()
    box = square.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text([re.compile("^Layer2_Head8 · L1H7$")])
    expect(page).to_have_url(re.compile("head=Layer2_Head8"))


def test_the_example_of_padding_shows_both_batches(page, app):
    open_part(page, f"{app}/positions", "order_board")
    page.get_by_role("button", name="Example: a GPT-2 without position_ids under left padding").click()
    expect(page.get_by_text("Without position_ids the tokens of the shortest prompt stood")).to_be_visible()
    expect(page.locator(".hl-strips .strip")).to_have_count(6)


@pytest.mark.parametrize("part, chart", [("order", "order_board"), ("heads", "place_word_scatter")])
def test_no_text_does_anything_to_the_page(page, app, part, chart):
    open_part(page, f"{app}/positions?part={part}&text={quote(HOSTILE)}", chart)
    assert page.locator("script", has_text="alert(1)").count() == 0
    expect(page.get_by_role("textbox", name=re.compile("^Texts"))).to_have_value(HOSTILE)


@pytest.mark.parametrize("part", ["order", "tables", "heads", "distance", "forgotten"])
def test_a_phone_needs_no_sideways_scrolling(page, app, part):
    page.set_viewport_size({"width": 390, "height": 844})
    chart = {"tables": "position_table_map", "heads": "place_word_scatter", "distance": "offset_profile"}
    open_part(page, f"{app}/positions?part={part}", chart.get(part, "order_board"))
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
