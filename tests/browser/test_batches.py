"""The pages about batches in real Chromium: links, clicks, playing, what no prompt may do to the page."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.browser.held_up import HeldUp
from tests.browser.server import running_app


def open_batch_page(page: Page, address: str) -> None:
    """Open a page about batches and wait until all heads and the open one are drawn."""
    page.goto(address)
    page.locator(".st-key-head_grid canvas[data-key]").first.wait_for(timeout=60_000)
    page.locator(".st-key-head_map .gtitle").wait_for(timeout=60_000)
    settle(page)


def head_title(page: Page):
    return page.locator(".st-key-head_map .gtitle")


def ticks(page: Page):
    return page.locator(".st-key-head_map .ytick text")


def heights(page: Page) -> list[float]:
    """Give where the labels of the queries stand, in their order in the text."""
    return ticks(page).evaluate_all("labels => labels.map(label => label.getBoundingClientRect().top)")


def test_the_first_visitor_of_a_fresh_server_may_come_by_a_link_to_any_page(page, tmp_path):
    with running_app(tmp_path / "log.txt") as address:
        open_batch_page(page, f"{address}/batch?text={quote('My dog is')}&head=L1H4")
        expect(page.get_by_role("heading", name="Batch of prompts")).to_be_visible()
        expect(head_title(page)).to_have_text(["Layer2_Head5 · L1H4"])
        expect(page.get_by_text("Page not found")).to_have_count(0)


def test_a_click_on_a_tile_opens_the_prompt_and_keeps_the_head(page, app):
    open_batch_page(page, f"{app}/batch?head=L1H4")
    expect(ticks(page)).to_have_text(["<|endoftext|>"] * 3 + ["It", "␣will", "␣rain", "␣in", "␣the"])
    assert heights(page) == sorted(heights(page)), "padding that stands before a text is drawn before it"
    tiles = page.locator(".st-key-prompt_grid .stage canvas")
    box = tiles.bounding_box()
    tiles.click(position={"x": box["width"] * 0.5, "y": box["height"] / 2})
    expect(ticks(page)).to_have_text(["I", "␣want", "␣to", "␣eat", "␣a", "␣big", "␣bowl", "␣of"])
    expect(head_title(page)).to_have_text(["Layer2_Head5 · L1H4"])
    expect(page).to_have_url(re.compile("prompt=2"))


def test_a_click_that_comes_early_leaves_the_prompt_open(page, app):
    """What a browser sends with a click is as it was before the last one, where it has not heard of that yet."""
    held = HeldUp(page)
    open_batch_page(page, f"{app}/batch?head=L1H4")
    held.holds = True
    tiles = page.locator(".st-key-prompt_grid .stage canvas")
    box = tiles.bounding_box()
    tiles.click(position={"x": box["width"] * 0.5, "y": box["height"] / 2})
    held.wait_until_drawn(1)
    page.get_by_text("Numbers in the cells").click()
    held.wait_until_drawn(2)
    held.let_go()
    expect(page).to_have_url(re.compile("prompt=2.*numbers=0"))
    expect(ticks(page)).to_have_text(["I", "␣want", "␣to", "␣eat", "␣a", "␣big", "␣bowl", "␣of"])


def test_a_click_on_a_head_keeps_the_prompt(page, app):
    open_batch_page(page, f"{app}/batch?prompt=3")
    heads = page.locator(".st-key-head_grid .stage canvas")
    box = heads.bounding_box()
    heads.click(position={"x": box["width"] * 0.5 / 12, "y": box["height"] * 0.5 / 6})
    expect(head_title(page)).to_have_text(["Layer1_Head1 · L0H0"])
    expect(ticks(page)).to_have_text(["<|endoftext|>"] * 5 + ["My", "␣dog", "␣is"])


def test_going_from_page_to_page_keeps_the_prompts(page, app):
    open_batch_page(page, f"{app}/batch?text={quote('The cat sat on the')}")
    page.get_by_role("link", name="Same alone?").click()
    expect(page.get_by_role("heading", name="Same alone?")).to_be_visible()
    expect(page.get_by_label("Prompts, one a line")).to_have_value("The cat sat on the")
    page.get_by_role("link", name="Masked word").click()
    expect(page.get_by_label("Sentence with [MASK]")).to_have_value("The turtle moves slow across the [MASK].")
    page.get_by_role("link", name="Generation, step by step").click()
    expect(page.get_by_label("Prompts, one a line")).to_have_value("The cat sat on the")


def test_a_forgotten_mask_turns_the_verdict_and_its_head_opens(page, app):
    open_batch_page(page, f"{app}/same_alone")
    expect(page.get_by_text("All 3 prompts answer as they do alone")).to_be_visible()
    page.get_by_text("Forget attention_mask").click()
    expect(page.get_by_text("2 of 3 prompts answer differently than alone")).to_be_visible()
    button = page.get_by_role("button", name=re.compile("^prompt 1: Layer"))
    name = re.search(r"Layer\d+_Head\d+", button.inner_text())[0]
    button.click()
    expect(head_title(page)).to_have_text([re.compile(f"^{name} ")])


def test_generation_plays_to_its_last_step(page, app):
    open_batch_page(page, f"{app}/generation")
    chosen = page.locator(".hl-strips .n bdi")
    expect(chosen).to_have_text(["␣morning", "␣milk", "␣a"])
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=40_000)
    expect(page.locator(".hl-strips ol:not(.legend) .e")).to_have_count(3)  # every prompt came to its end token


@pytest.mark.parametrize("name", ["batch", "same_alone", "generation"])
def test_what_people_type_stays_text(page, app, name):
    text = "<script>alert(1)</script>\n<img src=x onerror=alert(2)>\n$x^2$ :red[x] **b**\n😀 مرحبا 我们"
    open_batch_page(page, f"{app}/{name}?text={quote(text)}")
    shown = page.locator(".hl-strips bdi").all_inner_texts()
    assert "script" in "".join(shown) and "<" in "".join(shown)
    expect(page.locator(".hl-strips script, .hl-strips img")).to_have_count(0)


@pytest.mark.parametrize("name", ["batch", "same_alone", "generation"])
def test_a_phone_shows_all_of_it_without_scrolling_sideways(page, app, name):
    page.set_viewport_size({"width": 390, "height": 800})
    open_batch_page(page, f"{app}/{name}")
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 390
