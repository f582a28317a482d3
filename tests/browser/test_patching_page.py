"""Patching in real Chromium: a picture, its address, one click."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import settle


def test_the_board_is_drawn_and_what_is_chosen_stands_in_the_address(page, app):
    page.goto(f"{app}/patching?patch=states")
    board = page.locator(".st-key-patch_board")
    board.locator(".xaxislayer-above text").first.wait_for(timeout=60_000)
    settle(page)
    expect(board.locator(".xaxislayer-above")).to_contain_text("dogs ← dog")
    page.get_by_text("Outputs of heads", exact=True).click()
    expect(page).to_have_url(re.compile("patch=heads"))
    settle(page)
    page.get_by_role("button", name=re.compile("of the way")).first.click()
    # For a moment the map of before stands beside the new one.
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text([re.compile("Layer6_Head")])
