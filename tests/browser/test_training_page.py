"""The page Training: seen and scored in real Chromium: columns that line up, a switch, a click, a phone."""

import re
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.browser.conftest import settle


def open_training(page: Page, address: str) -> None:
    """Open the page and wait until its last part is drawn."""
    page.goto(address)
    page.locator(".st-key-head_grid canvas[data-key]").first.wait_for(timeout=60_000)
    page.locator(".st-key-head_map .gtitle").wait_for(timeout=60_000)
    settle(page)


def row_tops(page: Page) -> list[list[float]]:
    """Measure where the chips of the first three rows stand, for each position in the first line of a sentence."""
    return page.evaluate(
        """() => {
            const items = [...document.querySelector('.hl-strips .stacks').children]
            const line = items.filter(item => item.offsetTop === items[0].offsetTop).slice(1)
            return line.map(item => [...item.children].slice(1, 3).map(
        chip => Math.round(chip.getBoundingClientRect().top)))
        }"""
    )


def test_ids_masks_and_labels_of_a_position_stand_in_one_column_and_its_rows_line_up(page, app):
    open_training(page, f"{app}/training")
    tops = row_tops(page)
    assert len(tops) > 8 and all(top == tops[0] for top in tops)
    names = page.locator(".hl-strips .stacks").first.locator("li").first.locator("div")
    expect(names).to_have_text(["input_ids", "attention_mask", "labels", "loss"])
    name_tops = [round(names.nth(at).bounding_box()["y"]) for at in (1, 2)]
    assert all(abs(name - chip) <= 2 for name, chip in zip(name_tops, tops[0]))


def test_the_switch_scores_padding_and_shows_all_as_seen(page, app):
    open_training(page, f"{app}/training")
    boards = page.locator(".hl-strips .stacks")
    expect(boards.locator(".w").first).to_be_visible()
    page.locator(".st-key-training_way").get_by_text("no mask, padding scored").click()
    expect(boards.locator(".w")).to_have_count(0)
    expect(boards.locator(".l", has_text="[PAD]")).to_have_count(16)
    expect(page).to_have_url(re.compile("way=both"))


def test_the_worst_head_opens_from_its_button(page, app):
    open_training(page, f"{app}/training?head=L4H4")
    button = page.locator(".st-key-open_worst button")
    name = re.search(r"Layer\d+_Head\d+", button.inner_text())[0]
    button.click()
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text([re.compile(f"^{name} ")])
    expect(page).to_have_url(re.compile(f"head={name}"))


def test_what_people_type_stays_text(page, app):
    text = "<script>alert(1)</script>\n<img src=x onerror=alert(2)>\n$x^2$ :red[x] **b**\n😀 مرحبا 我们"
    for model in ("headlight-bert", "headlight-gpt2"):
        open_training(page, f"{app}/training?share=0.5&model={model}&text={quote(text)}")
        pieces = page.locator(".hl-strips bdi").all_inner_texts()
        assert any(piece.endswith("<") for piece in pieces)
        expect(page.locator(".hl-strips script, .hl-strips img")).to_have_count(0)


def test_a_phone_shows_all_of_it_without_scrolling_sideways(page, app):
    page.set_viewport_size({"width": 390, "height": 800})
    open_training(page, f"{app}/training")
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    chips = "[...document.querySelectorAll('.hl-strips .stacks div')]"
    assert page.evaluate(f"Math.max(...{chips}.map(chip => chip.getBoundingClientRect().right))") <= 390
