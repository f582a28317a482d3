"""Another language, chosen in the side bar of an open page, is spoken at once, whatever else the page has to draw."""

import re

from playwright.sync_api import expect

from tests.browser import pages


def test_each_language_that_is_chosen_is_spoken_and_what_was_chosen_stays(page, app):
    page.goto(pages.address(app, "board"))  # its lists send labels, and these are others in each language
    pages.wait_until_drawn(page)
    page.locator(".st-key-board_measure").get_by_role("combobox").click()
    page.get_by_role("option", name="next token", exact=True).click()
    expect(page).to_have_url(re.compile("measure=next"))
    for code, title in (("zh", "注意力头看板"), ("ru", "Доска голов"), ("zh", "注意力头看板"), ("en", "Head board")):
        pages.switch_language(page, code)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page).to_have_url(re.compile("measure=next"))
