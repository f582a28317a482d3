"""The start page in real Chromium: its doors, the addresses that links of before lead to, the runs and the way back."""

import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import running_app

SENTENCE = "The old house stands near the [MASK]."


def heading(page: Page, name: str):
    return page.get_by_role("heading", level=1, name=name, exact=True)


def main_part(page: Page):
    return page.get_by_test_id("stMain")


class NoFollowing(urllib.request.HTTPRedirectHandler):
    """Leave a redirection as it is."""

    def redirect_request(self, *_given):
        return None


def answered(address: str) -> tuple[int, str | None]:
    """Give the status of an answer and where it leads; nothing is followed."""
    try:
        with urllib.request.build_opener(NoFollowing).open(address, timeout=20) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        return error.code, error.headers["location"]


@pytest.mark.parametrize(
    "asked",
    ["text=a%20%5BMASK%5D&head=L1H4", "lang=zh&k=5", "model=x", "tour=1", "predict=1", "text=", "text=%D0%AF+%26"],
)
def test_an_address_of_before_leads_to_masked_word_with_all_it_asks(app, asked):
    assert answered(f"{app}/?{asked}") == (307, f"masked_word?{asked}")


@pytest.mark.parametrize(
    "path", ["", "/", "/?lang=zh", "/?embed=true&lang=ru", "/masked_word", "/masked_word?text=a", "/?"]
)
def test_other_addresses_are_answered_where_they_are(app, path):
    assert answered(f"{app}{path}") == (200, None)


def test_what_is_asked_leads_to_no_other_server_and_writes_no_header(app):
    for asked in (
        "text=//evil.example",
        "text=%0d%0aSet-Cookie:%20a=b",
        "//evil.example",
        "\u044f=1".encode().decode("latin-1"),
    ):
        code, place = answered(f"{app}/?{urllib.request.quote(asked, safe='/=%:')}")
        assert code == 307 and place.startswith("masked_word?") and "\n" not in place


def test_an_old_link_opens_its_text_and_its_head_and_back_leads_away(page, app):
    page.goto(f"{app}/glossary")
    expect(heading(page, "Glossary")).to_be_visible()
    settle(page)
    before = page.evaluate("history.length")
    open_page(page, f"{app}/?text={SENTENCE.replace(' ', '+')}&head=L1H4")
    expect(heading(page, "Masked word")).to_be_visible()
    expect(page.get_by_label("Sentence with [MASK]")).to_have_value(SENTENCE)
    expect(page.get_by_label("Head, as")).to_have_value("Layer2_Head5")
    assert "/masked_word?" in page.url
    page.evaluate("before => history.go(before - history.length)", before)  # an entry for each address of the page
    expect(heading(page, "Glossary")).to_be_visible()


@pytest.mark.parametrize("language, name", [("zh", "被掩盖的词"), ("ru", "Замаскированное слово")])
def test_a_language_alone_opens_the_start_page_and_its_doors_keep_it(page, app, language, name):
    page.goto(f"{app}/?lang={language}")
    expect(heading(page, "Headlight")).to_be_visible()
    expect(page.locator(f'html[lang^="{language}"]')).to_have_count(1)
    settle(page)
    main_part(page).get_by_role("link", name=name, exact=True).click()
    expect(heading(page, name)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/masked_word\?.*lang={language}"))


def test_each_door_opens_by_keyboard_and_back_leads_to_the_doors(page, app):
    page.goto(app)
    expect(heading(page, "Headlight")).to_be_visible()
    settle(page)
    page.evaluate("window.sameDocument = true")
    for name in main_part(page).get_by_role("link").all_inner_texts():
        link = (
            main_part(page).locator("[class*=st-key-door_]").get_by_role("link", name=name.split("\n")[-1], exact=True)
        )
        link.focus()
        page.keyboard.press("Enter")
        expect(heading(page, "Headlight")).to_have_count(0)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        settle(page)
        page.get_by_role("link", name="Start", exact=True).click()
        expect(heading(page, "Headlight")).to_be_visible()
        settle(page)
        assert re.fullmatch(rf"{app}/(\?.*)?", page.url)
    assert page.evaluate("window.sameDocument")


def test_what_was_asked_survives_a_reload_and_leads_back(page, app):
    open_page(page, f"{app}/masked_word?text={SENTENCE.replace(' ', '+')}&head=L1H4")
    page.get_by_role("link", name="Start", exact=True).click()
    entries = page.locator("[class*=st-key-last_] button")
    expect(entries).to_have_text([re.compile(re.escape(SENTENCE))])
    settle(page)
    page.reload()
    expect(entries).to_have_text([re.compile(re.escape(SENTENCE))])
    settle(page)
    entries.first.click()
    expect(heading(page, "Masked word")).to_be_visible()
    expect(page.get_by_label("Sentence with [MASK]")).to_have_value(SENTENCE)
    expect(page.get_by_label("Head, as")).to_have_value("Layer2_Head5")


def test_the_title_stands_before_a_model_is_loaded_which_is_there_soon_after(page, tmp_path):
    with running_app(tmp_path / "log.txt") as address:
        page.goto(address)
        expect(heading(page, "Headlight")).to_be_visible()
        expect(page.get_by_text("None yet.")).to_be_visible()
        settle(page)
        main_part(page).get_by_role("link", name="Batch of prompts").click()
        expect(page.locator(".st-key-head_map .gtitle")).to_be_visible(timeout=60_000)
