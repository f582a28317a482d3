"""Another language, chosen in the side bar of an open page: all of it is spoken at once, and what was chosen stays."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import pages

SPOKEN = {
    "zh": ("注意力头看板", "后一个词元"),
    "ru": ("Доска голов", "следующий токен"),
    "en": ("Head board", "next token"),
}


def test_each_language_that_is_chosen_is_spoken_by_title_and_lists_and_what_was_chosen_stays(page, app):
    page.goto(pages.address(app, "board"))  # its lists draw a part of the page
    pages.wait_until_drawn(page)
    job = page.locator(".st-key-board_measure").get_by_role("combobox")
    job.click()
    page.get_by_role("option", name="next token", exact=True).click()
    expect(page).to_have_url(re.compile("measure=next"))
    for code in ("zh", "ru", "zh", "en"):
        pages.switch_language(page, code)
        title, chosen = SPOKEN[code]
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(job).to_have_value(chosen)
        expect(page).to_have_url(re.compile("measure=next"))


def test_plotly_writes_its_numbers_as_the_language_does(page, app):
    page.goto(pages.address(app, "masked_word"))
    pages.wait_until_drawn(page)
    scale = page.locator(".st-key-head_map .cbaxis text")
    expect(scale).to_have_text(["0", "0.5", "1"])
    for code, half in (("ru", "0,5"), ("zh", "0.5"), ("ru", "0,5")):  # the figure of each is kept
        pages.switch_language(page, code)
        expect(scale).to_have_text(["0", half, "1"])


@pytest.mark.parametrize("code, side", [("ru", "справа"), ("zh", "右侧")])
def test_what_is_typed_and_not_yet_sent_stays_and_a_choice_of_few_keeps_its_mark(page, app, code, side):
    page.goto(pages.address(app, "inside"))
    pages.wait_until_drawn(page)
    text = page.locator(".st-key-inside_text textarea")
    text.fill("The old dog sleeps.")
    pages.switch_language(page, code)
    expect(text).to_have_value("The old dog sleeps.")
    expect(page.get_by_role("radio", name=side)).to_be_checked()
