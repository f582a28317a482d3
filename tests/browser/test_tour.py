"""The tour of Masked word in real Chromium: by keyboard alone, on a phone, and never twice unasked."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page, settle

IN_SIGHT = """() => {
  const { top, bottom } = document.querySelector("[class*=st-key-tour_box]").getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""

# More is drawn above the box, and the browser does not hold the page where it was.
GROW = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  main.style.overflowAnchor = "none";
  main.insertAdjacentHTML("afterbegin", '<div style="flex: none; height: 2000px"></div>');
}"""


def box(page: Page):
    return page.locator("[class*=st-key-tour_box]")


def expect_step(page: Page, n: int, said: str = "Tour, step {n} of 7") -> None:
    """The box speaks of a step, is in sight, and its button has the focus and is read out with what is said."""
    expect(box(page)).to_have_text([re.compile(re.escape(said.format(n=n)))])  # that of the step before is gone
    button = box(page).locator("[class*=st-key-tour_next] button")
    expect(button).to_be_focused()
    sentences = box(page).locator("p:has(strong)").inner_text()
    assert len(sentences) > 30
    expect(button).to_have_accessible_description(sentences)
    page.wait_for_function(IN_SIGHT)


def test_it_is_taken_by_keyboard_alone_to_its_end(page, app):
    open_page(page, f"{app}/masked_word")
    take = page.get_by_role("button", name="Take the tour")
    take.focus()
    page.keyboard.press("Enter")
    for n in range(1, 8):
        expect_step(page, n)
        expect(page).to_have_url(re.compile(f"tour={n}"))
        page.keyboard.press("Enter")
    expect(box(page)).to_have_count(0)
    settle(page)
    assert "tour=" not in page.url
    expect(take).to_have_count(0)


def test_back_leads_back_and_escape_leaves(page, app):
    open_page(page, f"{app}/masked_word?tour=3")
    expect_step(page, 3)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_step(page, 2)
    page.keyboard.press("Escape")
    expect(box(page)).to_have_count(0)
    settle(page)
    assert "tour=" not in page.url


def test_who_turned_it_down_is_not_asked_again_in_this_visit(page, app, browser):
    open_page(page, f"{app}/masked_word")
    page.get_by_role("button", name="Not now").click()
    offer = page.get_by_role("button", name="Take the tour")
    expect(offer).to_have_count(0)
    settle(page)
    page.reload()
    page.locator(".st-key-head_map .gtitle").wait_for()
    settle(page)
    expect(offer).to_have_count(0)
    page.get_by_role("link", name="Start", exact=True).click()
    page.get_by_role("link", name="Guided tour").click()  # but may take it
    expect_step(page, 1)
    other = browser.new_context().new_page()  # another visit
    open_page(other, f"{app}/masked_word")
    expect(other.get_by_role("button", name="Take the tour")).to_be_visible()
    other.context.close()


def test_a_step_stays_while_the_page_is_used_and_does_not_take_the_focus_again(page, app):
    open_page(page, f"{app}/masked_word?tour=4")
    expect_step(page, 4)
    field = page.get_by_label("Head, as")
    field.fill("L1H4")
    field.press("Enter")
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Layer2_Head5 · L1H4"])
    settle(page)
    expect(box(page)).to_contain_text("step 4 of 7")
    page.get_by_label("Sentence with [MASK]").fill("She is reading a [MASK].")
    page.get_by_label("Sentence with [MASK]").press("Enter")
    expect(page.get_by_text("She is reading a").first).to_be_visible()
    settle(page)
    expect(box(page)).to_contain_text("step 4 of 7")
    expect(box(page).locator("[class*=st-key-tour_next] button")).not_to_be_focused()


def test_a_box_that_is_pushed_away_by_what_is_drawn_later_comes_back_until_the_reader_moves(page, app):
    open_page(page, f"{app}/masked_word?tour=1")
    expect_step(page, 1)
    page.evaluate(GROW)
    assert not page.evaluate(IN_SIGHT)
    page.wait_for_function(IN_SIGHT)
    page.mouse.wheel(0, 1)
    page.evaluate(GROW)
    page.wait_for_timeout(1_500)  # three looks
    assert not page.evaluate(IN_SIGHT)


@pytest.mark.parametrize(
    "language, said",
    [("en", "Tour, step {n} of 7"), ("zh", "导览，第 {n} 步，共 7 步"), ("ru", "Экскурсия, шаг {n} из 7")],
)
def test_on_a_phone_every_step_comes_into_sight_and_nothing_grows_sideways(page, app, language, said):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app}/masked_word?tour=1&lang={language}")
    for n in range(1, 8):
        expect_step(page, n, said)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.keyboard.press("Enter")
    expect(box(page)).to_have_count(0)
