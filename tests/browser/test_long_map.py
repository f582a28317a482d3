"""The map of a long text in a real browser: exact numbers under the pointer, zoom, windows of the text, keyboard."""

import re
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page, settle
from tests.model.plain import attentions_of
from tests.tiny import tiny_bert

TEXT = " ".join(["the turtle moves slow across the river and a cat sat on the mat ."] * 11) + " [MASK]"
N = 168


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("long") / "long-bert", n_positions=256)


@pytest.fixture(scope="module")
def weights(folder) -> np.ndarray:
    """Give plain transformers' attention of Layer2_Head3, ``[Q, K]``."""
    tokens, attentions = attentions_of(folder, TEXT)
    assert len(tokens) == N
    return attentions[1, 2]


@pytest.fixture
def opened(page: Page, app: str, folder) -> Page:
    open_page(page, f"{app}/masked_word?model={quote(str(folder))}&text={quote(TEXT)}&head=L1H2")
    canvas(page).scroll_into_view_if_needed()
    expect(canvas(page)).to_have_attribute("data-wide", f"{N}.00")
    return page


def canvas(page: Page):
    return page.locator(".long canvas.map")


def hover(page: Page, query: int, key: int, first: float = 0, count: float = N) -> str:
    """Put the pointer on a cell of what is shown, and read what is said of it."""
    box = canvas(page).bounding_box()
    x, y = ((at - first + 0.5) / count for at in (key, query))
    page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    tip = page.locator(".long .tip")
    expect(tip).to_be_visible()
    return tip.inner_text()


def shown(page: Page) -> tuple[float, float, float]:
    read = canvas(page).evaluate("e => [e.dataset.left, e.dataset.top, e.dataset.wide].map(Number)")
    return tuple(read)


def test_the_number_under_the_pointer_is_the_models(opened, weights):
    for query, key in ((3, 17), (150, 4), (167, 167)):
        assert hover(opened, query, key).endswith(f": {weights[query, key]:.4f}")


def test_buttons_wheel_and_dragging_show_another_part_without_the_server(opened, weights):
    opened.locator(".long").get_by_role("button", name="closer").click()
    left, top, wide = shown(opened)
    assert wide == pytest.approx(N / 1.6, abs=0.02) and left == pytest.approx((N - wide) / 2, abs=0.02)
    box = canvas(opened).bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.mouse.move(*middle)
    opened.mouse.wheel(0, -200)
    expect(canvas(opened)).not_to_have_attribute("data-wide", f"{wide:.2f}")
    before = shown(opened)
    opened.mouse.down()
    opened.mouse.move(middle[0] + 60, middle[1] + 30, steps=3)
    opened.mouse.up()
    left, top, wide = shown(opened)
    assert before[0] - left == pytest.approx(60 / box["width"] * wide, abs=0.05)
    assert before[1] - top == pytest.approx(30 / box["height"] * wide, abs=0.05)
    query, key = int(top + wide / 2), int(left + wide / 3)
    x, y = (key + 0.5 - left) / wide, (query + 0.5 - top) / wide
    opened.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    expect(opened.locator(".long .tip")).to_have_text(re.compile(rf": {weights[query, key]:.4f}$"))
    opened.locator(".long").get_by_role("button", name="whole map").click()
    expect(canvas(opened)).to_have_attribute("data-wide", f"{N}.00")


def test_two_words_of_the_text_are_a_window(opened, weights):
    strip = opened.locator(".long .strip")
    strip.locator('span[data-at="20"]').click()
    strip.locator('span[data-at="39"]').click()
    expect(canvas(opened)).to_have_attribute("data-left", "20.00")
    assert shown(opened) == (20, 20, 20)
    expect(strip.locator("span.inside")).to_have_count(20)
    assert hover(opened, 25, 31, first=20, count=20).endswith(f": {weights[25, 31]:.4f}")


def test_arrow_keys_walk_the_cells_and_enter_pins_the_row(opened, weights):
    canvas(opened).focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        opened.keyboard.press(key)
    expect(opened.locator(".long [aria-live]")).to_have_text(re.compile(rf"^3 .* → 1 .*: {weights[2, 0]:.4f}$"))
    opened.keyboard.press("Enter")
    settle(opened)
    expect(opened).to_have_url(re.compile(r"[?&]row=3\b"))
    numbers = opened.locator(".shaded .words").first.locator("small")
    expect(numbers.nth(17)).to_have_text(f"{weights[2, 17]:.2f}")


def test_a_click_pins_the_row_and_the_zoom_stays(opened, weights):
    opened.locator(".long").get_by_role("button", name="closer").click()
    left, top, wide = shown(opened)
    box = canvas(opened).bounding_box()
    opened.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    settle(opened)
    query = int(top + wide / 2)
    expect(opened).to_have_url(re.compile(rf"[?&]row={query + 1}\b"))
    assert shown(opened) == (left, top, wide)
