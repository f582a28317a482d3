"""The page Inside the mask in real Chromium: choosing tokens, painting a mask, files, hostile text."""

import re
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.browser.conftest import settle


def open_inside(page: Page, address: str) -> None:
    """Open the page and wait until it is there to its last table."""
    page.goto(address)
    page.locator(".st-key-attention_map .gtitle").wait_for(timeout=60_000)
    page.get_by_text("Where it happens").wait_for(timeout=60_000)
    settle(page)


def code(page: Page):
    return page.get_by_test_id("stCode")


def test_another_query_is_written_out_and_stands_in_the_address(page, app):
    open_inside(page, f"{app}/inside")
    expect(code(page)).to_contain_text("fast → runs:")
    page.get_by_label("query (this token looks)").click()
    page.keyboard.type("8 ")
    expect(page.get_by_role("option")).to_have_count(1)
    page.get_by_role("option").click()
    expect(code(page)).to_contain_text("[MASK] → runs:")
    expect(page).to_have_url(re.compile("query=8"))


def test_a_cell_painted_on_the_board_changes_the_answer(page, app):
    open_inside(page, f"{app}/inside?text={quote('The dog runs fast to the [MASK].')}")
    expect(page.get_by_text("What this mask changes")).to_have_count(0)
    page.get_by_text("A mask by hand").click()
    board = page.locator("[class*=st-key-mask_board_] .stage")
    board.wait_for()
    settle(page)
    board.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_text("What this mask changes")).to_be_visible()
    expect(page).to_have_url(re.compile("mask=10\\."))
    page.get_by_role("button", name="All open again").click()
    expect(page.get_by_text("What this mask changes")).to_have_count(0)


def test_a_file_of_another_size_is_refused_in_words(page, app):
    open_inside(page, f"{app}/inside?text={quote('The dog runs fast to the [MASK].')}")
    page.get_by_text("A mask by hand").click()
    page.locator("input[type=file]").set_input_files(
        files=[{"name": "small.txt", "mimeType": "text/plain", "buffer": b"10\n11\n"}]
    )
    expect(page.get_by_text(re.compile("small.txt.*2 x 2"))).to_be_visible()
    rows = "\n".join("1" * 9 + "0" for _row in range(10)).encode()
    page.locator("input[type=file]").set_input_files(
        files=[{"name": "last.txt", "mimeType": "text/plain", "buffer": rows}]
    )
    expect(page.get_by_text("What this mask changes")).to_be_visible()


def test_a_head_chosen_by_name_reaches_every_part(page, app):
    open_inside(page, f"{app}/inside")
    field = page.get_by_label("Head, as Layer4_Head11 or L3H10")
    field.fill("L0H5")
    field.press("Enter")
    expect(page.locator(".st-key-attention_map .gtitle")).to_have_text(["Layer1_Head6 · L0H5"])
    expect(page.get_by_text("Layer1_Head6 · L0H5, query fast")).to_be_visible()


def test_what_people_type_stays_text(page, app):
    open_inside(
        page, f"{app}/inside?text={quote('<script>alert(1)</script> <img src=x onerror=alert(2)> $x$ :red[x] [MASK]')}"
    )
    assert "scri##pt" in "".join(page.locator(".hl-strips bdi").all_inner_texts())
    expect(page.locator(".hl-strips script, .hl-strips img")).to_have_count(0)


def test_a_phone_shows_all_of_it_without_scrolling_sideways(page, app):
    page.set_viewport_size({"width": 390, "height": 800})
    open_inside(page, f"{app}/inside?layers=window2")
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
