"""Which word decided, in real Chromium: its picture, its address, one choice."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import settle


def test_it_is_drawn_and_its_address_follows_a_choice(page, app):
    page.goto(f"{app}/importance?layer=Layer3")
    page.locator(".st-key-zeroing_map .gtitle").wait_for(timeout=60_000)
    settle(page)
    expect(page.locator(".st-key-zeroing_map .gtitle")).to_have_text(["Layer3, value zeroing"])
    expect(page.locator(".st-key-importance_bars .trace.bars")).to_have_count(3)
    page.get_by_role("button", name="Example: the next word, for GPT-2").click()
    expect(page.get_by_text("Answer ␣milk.")).to_be_visible(timeout=60_000)
    expect(page).to_have_url(re.compile("model=headlight-gpt2"))
    expect(page).to_have_url(re.compile("layer=Layer3"))
