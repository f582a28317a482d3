"""From a page to a term and back in real Chromium, in Russian: nothing is loaded anew, and nothing typed is lost."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import settle

SENTENCE = "The old house stands near the [MASK]."


def test_a_term_opens_from_a_page_and_back_leads_to_what_was_there(page, app):
    page.goto(f"{app}/masked_word?lang=ru")
    expect(page.get_by_role("heading", level=1, name="Замаскированное слово")).to_be_visible()
    page.locator(".stage canvas[data-key]").wait_for(timeout=60_000)
    settle(page)
    page.get_by_label("Предложение с [MASK]").fill(SENTENCE)
    page.get_by_role("button", name="Запустить", exact=True).click()
    expect(page.get_by_text("The old house stands near the", exact=False).first).to_be_visible()
    settle(page)
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name="голова внимания", exact=True).click()

    heading = page.get_by_role("heading", level=3, name="голова внимания")
    expect(heading).to_be_visible()
    expect(page.get_by_role("heading", level=3)).to_have_count(1)
    assert re.search(r"/glossary\?(term=head&lang=ru|lang=ru&term=head)$", page.url)
    expect(page.locator('bdi[lang="zh"]', has_text="注意力头")).to_be_visible()
    expect(page.locator('bdi[lang="en"]', has_text="attention head")).to_be_visible()
    settle(page)

    page.get_by_role("link", name="слой", exact=True).click()
    expect(page.get_by_role("heading", level=3, name="слой")).to_be_visible()
    page.go_back()
    expect(heading).to_be_visible()
    settle(page)
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Замаскированное слово")).to_be_visible()
    page.locator(".stage canvas[data-key]").wait_for()
    expect(page.get_by_label("Предложение с [MASK]")).to_have_value(SENTENCE)
    settle(page)
    assert "lang=ru" in page.url and "term=" not in page.url
    assert page.evaluate("window.sameDocument")


def test_typing_finds_terms_and_a_link_shows_all_again(page, app):
    page.goto(f"{app}/glossary?term=padding_side")
    expect(page.get_by_role("heading", level=3, name="side of padding")).to_be_visible()
    page.get_by_label("Find a term").fill("заполнение")
    page.get_by_label("Find a term").press("Enter")
    expect(page.get_by_role("heading", level=3, name="padding", exact=True)).to_be_visible()
    page.get_by_role("link", name="All terms").click()
    expect(page.get_by_role("heading", level=3)).to_have_count(54)
    expect(page.get_by_label("Find a term")).to_have_value("")
