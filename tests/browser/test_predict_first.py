"""Predict first in a real browser, by keyboard alone: no pointer is used from the first key to the next question."""

import re
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import open_page, settle

SENTENCE = "The turtle moves slow across the [MASK]."
MOST_STOPS = 150  # of the Tab key, from the top of the page


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until an element, or one inside it, has the focus."""
    for _stop in range(MOST_STOPS):
        if wanted.evaluate("element => element.contains(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not come there")


def test_a_guess_is_made_revealed_and_followed_by_the_next_by_keyboard_alone(page, app):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L3H10")
    head_map, panel = page.locator(".st-key-head_map"), page.locator(".st-key-predict_first")
    tab_to(page, page.locator(".st-key-predict_shown input"))
    page.keyboard.press("Space")
    expect(panel).to_be_visible()
    expect(head_map).to_have_count(0)
    expect(page).to_have_url(re.compile("predict=1"))
    settle(page)

    chips = panel.get_by_role("radio")
    expect(chips).to_have_count(10)
    asked = panel.get_by_text("look at most?").inner_text()
    tab_to(page, chips.first)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(chips.nth(1)).to_be_checked()
    settle(page)

    tab_to(page, panel.get_by_role("button", name="Reveal"))
    page.keyboard.press("Enter")
    expect(head_map).to_be_visible()
    expect(panel.get_by_test_id("stAlert")).to_contain_text(re.compile(r"got \d\.\d\d"))
    expect(panel.get_by_text("This visit:")).to_contain_text(re.compile(r"[01] of 1 right; by luck 0\.10"))
    settle(page)

    expect(panel.get_by_role("button", name="Another query")).to_be_focused()
    page.keyboard.press("Enter")
    expect(head_map).to_have_count(0)
    expect(panel.get_by_text("look at most?")).not_to_have_text(asked)
    expect(panel.get_by_role("radio", checked=True)).to_have_count(0)
