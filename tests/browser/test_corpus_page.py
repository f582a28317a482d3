"""A head over a corpus in real Chromium: it is read with a bar, can be stopped, and a text opens on Masked word."""

from playwright.sync_api import Page, expect


def test_a_text_of_the_corpus_opens_with_its_head(page: Page, app: str):
    page.goto(f"{app}/corpus?lines=20&head=Layer4_Head11")
    expect(page.get_by_text("20 of 2,000 lines of the sample were read.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("rank 1 of 20")).to_be_visible()
    page.get_by_role("tab", name="Jobs over texts").click()
    expect(page.locator(".st-key-corpus_spread .gtitle")).to_have_text(["Layer4_Head11 · L3H10"])
    page.get_by_role("tab", name="Texts", exact=True).click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open").first.click()
    expect(opened.value.locator(".st-key-head_map .gtitle")).to_have_text(["Layer4_Head11 · L3H10"], timeout=60_000)


def test_reading_is_stopped_by_a_click(page: Page, app: str):
    page.goto(f"{app}/corpus?lines=2000&head=Layer4_Head11")
    page.locator(".st-key-corpus_stop button").click(timeout=60_000)
    expect(page.get_by_text("Reading was stopped.")).to_be_visible(timeout=60_000)
