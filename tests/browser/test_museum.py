"""The museum of padding mistakes in real Chromium: red at a click, green repaired, and a link opens the same."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import settle
from viz.analysis.batches.museum import MUSEUM


def test_every_mistake_is_red_and_its_repair_green_and_a_link_opens_it(page, app):
    page.goto(f"{app}/same_alone")
    shelf = page.get_by_text("Museum: five mistakes of real projects")
    shelf.wait_for(timeout=60_000)
    settle(page)
    shelf.click()
    main = page.get_by_test_id("stMain")
    wrong, right = main.get_by_test_id("stAlertContentError"), main.get_by_test_id("stAlertContentSuccess")
    for exhibit in MUSEUM.values():
        page.locator(f".st-key-museum_{exhibit.name}_mistake").get_by_role("button", name="Make the mistake").click()
        expect(page).to_have_url(re.compile(f"museum={exhibit.name}(?!.*repaired)"))
        settle(page)
        expect(wrong).to_have_count(1)
        expect(main.get_by_role("link", name=exhibit.thread).first).to_have_attribute("href", exhibit.link)
        page.locator(f".st-key-museum_{exhibit.name}_repaired").get_by_role("button", name="Repair it").click()
        expect(page).to_have_url(re.compile(f"museum={exhibit.name}.*repaired=1"))
        settle(page)
        expect(wrong).to_have_count(0)
        expect(right).to_have_count(1)
    page.goto(f"{app}/same_alone?museum=no_positions")
    expect(wrong).to_have_count(1, timeout=60_000)
