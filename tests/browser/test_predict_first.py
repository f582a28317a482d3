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

    expect(panel.get_by_role("button", name="Another question")).to_be_focused()
    page.keyboard.press("Enter")
    expect(head_map).to_have_count(0)
    expect(panel.get_by_text("look at most?")).not_to_have_text(asked)
    expect(panel.get_by_role("radio", checked=True)).to_have_count(0)


def tile(page: Page, at: tuple[int, int]) -> str:
    """Give what lies over the middle of a small map of the overview, [layer, head] of 6 x 12: nothing, or a cover."""
    canvas = page.locator(".st-key-head_grid .stage canvas")
    return canvas.evaluate(
        """(canvas, [row, column]) => {
          const box = canvas.getBoundingClientRect();
          const x = box.left + ((column + 0.5) * box.width) / 12, y = box.top + ((row + 0.5) * box.height) / 6;
          return [...canvas.parentElement.querySelectorAll(".covers div")].filter((cover) => {
            const over = cover.getBoundingClientRect();
            return over.left < x && x < over.right && over.top < y && y < over.bottom;
          }).map((cover) => getComputedStyle(cover).backgroundColor + cover.textContent).join();
        }""",
        list(at),
    )


def test_the_small_map_of_a_hidden_head_is_covered_until_the_guess_is_made(page, app):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L3H10&predict=1")
    panel, canvas = page.locator(".st-key-predict_first"), page.locator(".st-key-head_grid .stage canvas")
    covers = page.locator(".st-key-head_grid .covers div")
    expect(canvas).to_have_attribute("data-covered", "Layer4_Head11 · L3H10")
    expect(covers).to_have_count(1)
    assert re.fullmatch(r"rgb\(.+\)\?", tile(page, (3, 10)))  # no colour that lets the map through
    assert tile(page, (3, 9)) == ""
    renders = canvas.get_attribute("data-renders")

    page.get_by_role("textbox", name="Head, as Layer4_Head11").fill("L1H4")
    page.keyboard.press("Enter")
    expect(canvas).to_have_attribute("data-covered", "Layer2_Head5 · L1H4")
    assert tile(page, (3, 10)) == ""
    settle(page)

    panel.get_by_role("radio").nth(2).click()
    settle(page)
    panel.get_by_role("button", name="Reveal").click()
    expect(page.locator(".st-key-head_map")).to_be_visible()
    expect(covers).to_have_count(0)
    settle(page)
    panel.get_by_role("button", name="Another question").click()
    expect(covers).to_have_count(1)
    settle(page)
    page.locator(".st-key-predict_shown label").first.click()
    expect(covers).to_have_count(0)
    assert canvas.get_attribute("data-renders") == renders


def test_a_head_is_chosen_among_four_covered_ones_and_a_number_is_typed(page, app):
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L3H10&predict=1")
    panel, covers = page.locator(".st-key-predict_first"), page.locator(".st-key-head_grid .covers div")
    page.get_by_role("radio", name="A head").click()
    expect(panel.get_by_text("Which of these 4 heads looks most")).to_be_visible()
    expect(page).to_have_url(re.compile("ask=head"))
    expect(covers).to_have_count(4)
    settle(page)
    panel.get_by_role("radio").first.click()
    settle(page)
    panel.get_by_role("button", name="Reveal").click()
    expect(panel.get_by_test_id("stAlert")).to_contain_text("All of them: Layer")
    expect(covers).to_have_count(0)
    settle(page)

    page.get_by_role("radio", name="A number").click()
    expect(covers).to_have_count(1)
    settle(page)
    number = panel.get_by_role("spinbutton")
    number.fill("37")
    number.press("Enter")
    settle(page)
    panel.get_by_role("button", name="Reveal").click()
    expect(panel.get_by_test_id("stAlert")).to_contain_text("you said 37%")
    expect(panel.get_by_text("This visit:")).to_contain_text("of 2 right")
