"""The page What is this head? in real Chromium: a map's link leads there with its text, and claims open on a click."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import settle


def main_part(page: Page):
    return page.get_by_test_id("stMain")


def test_a_link_below_a_map_leads_to_the_page_of_its_head_and_claims_are_tested_there(page, app):
    page.goto(f"{app}/masked_word?text=The%20dog%20sleeps%20in%20the%20[MASK].&head=L1H9")
    link = main_part(page).get_by_role("link", name="What is this head?")
    link.wait_for(timeout=60_000)
    settle(page)
    link.click()
    expect(page.get_by_role("heading", name="Layer2_Head10 · L1H9")).to_be_visible(timeout=60_000)
    settle(page)
    expect(page.get_by_label("Text its map is drawn for")).to_have_value("The dog sleeps in the [MASK].")
    expect(page.locator(".gtitle")).to_have_text(["Layer2_Head10 · L1H9"])
    expect(page).to_have_url(re.compile(r"/head\?(?=.*head=Layer2_Head10).*text=The\+dog\+sleeps"))
    expect(main_part(page).get_by_text("A token looks at the one before it.")).to_be_visible()
    main_part(page).get_by_text("Ready claims, tested for this head").click()
    expect(main_part(page).get_by_text("A hit: of all words the key gets the most attention")).to_be_visible(
        timeout=60_000
    )
