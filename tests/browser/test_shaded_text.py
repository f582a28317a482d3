"""The text beside a map, in a real browser: its numbers are plain transformers', by pointer, by keyboard, pinned."""

import re
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import REPOSITORY
from tests.model.plain import attentions_of

FOLDER = REPOSITORY / "assets" / "models" / "headlight-bert"
SENTENCE = "The turtle moves slow across the [MASK]."
LAYER, HEAD = 1, 3
SLOW, MASK = 4, 7


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    """Give plain transformers' attention of the head that is opened, ``[Q, K]``."""
    return attentions_of(FOLDER, SENTENCE)[1][LAYER, HEAD]


@pytest.fixture
def opened(page: Page, app: str) -> Page:
    open_page(page, f"{app}/masked_word?text={quote(SENTENCE)}&head=L{LAYER}H{HEAD}")
    expect(page.locator(".shaded .words").first.locator("span.piece")).to_have_count(10)
    return page


def word(page: Page, at: int):
    return page.locator(f'.shaded .words span.piece[data-at="{at}"]').first


def numbers(page: Page) -> list[str]:
    return page.locator(".shaded .words").first.locator("small").all_inner_texts()


def rounded(values: np.ndarray) -> list[str]:
    return [f"{value:.2f}" for value in values]


def test_the_row_of_the_mask_is_shaded_first_with_the_models_numbers(opened, weights):
    assert numbers(opened) == rounded(weights[MASK])
    expect(word(opened, MASK)).to_have_class(re.compile(r"\bat\b"))
    expect(opened.locator(".shaded .said")).to_have_text("Layer2_Head4 · L1H3 · [MASK] gives")


def test_pointing_shades_another_row_and_leaving_brings_the_pinned_one_back(opened, weights):
    word(opened, SLOW).hover()
    expect(opened.locator(".shaded .said")).to_contain_text("slow gives")
    assert numbers(opened) == rounded(weights[SLOW])
    strongest = int(weights[SLOW].argmax())
    assert word(opened, strongest).get_attribute("title").endswith(f": {weights[SLOW, strongest]:.4f}")
    opened.mouse.move(5, 5)
    expect(opened.locator(".shaded .said")).to_contain_text("[MASK] gives")
    assert numbers(opened) == rounded(weights[MASK])


def test_pointing_at_the_map_shades_its_row(opened, weights):
    plot = opened.locator(".st-key-head_map .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    for nudge in (3, 0):
        opened.mouse.move(box["x"] + box["width"] * 0.15 - nudge, box["y"] + box["height"] * (SLOW + 0.5) / 10)
    expect(opened.locator(".shaded .said")).to_contain_text("slow gives")
    assert numbers(opened) == rounded(weights[SLOW])


def test_a_column_says_who_looks_at_the_word(opened, weights):
    opened.get_by_role("button", name="Column: who looks at the word").click()
    expect(opened.locator(".shaded .said")).to_contain_text("[MASK] gets")
    assert numbers(opened) == rounded(weights[:, MASK])


def test_a_pinned_word_stays_and_is_in_the_address(opened, weights):
    word(opened, SLOW).click()
    settle(opened)
    expect(opened).to_have_url(re.compile(r"[?&]row=5\b"))
    opened.mouse.move(5, 5)
    expect(opened.locator(".shaded .said")).to_contain_text("slow gives")
    opened.reload()
    expect(opened.locator(".shaded .said")).to_contain_text("slow gives", timeout=60_000)
    assert numbers(opened) == rounded(weights[SLOW])


def test_arrow_keys_walk_the_words(opened, weights):
    word(opened, MASK).focus()
    opened.keyboard.press("ArrowLeft")
    opened.keyboard.press("ArrowLeft")
    assert numbers(opened) == rounded(weights[MASK - 2])
    opened.keyboard.press("Enter")
    settle(opened)
    expect(opened).to_have_url(re.compile(rf"[?&]row={MASK - 1}\b"))


def test_it_fits_a_screen_of_320_px(page, app):
    page.set_viewport_size({"width": 320, "height": 900})
    open_page(
        page, f"{app}/masked_word?text={quote('A [MASK] with donaudampfschifffahrtsgesellschaftskapitaen inside.')}"
    )
    expect(page.locator(".shaded .words span.piece").first).to_be_visible()
    right = page.locator(".shaded").evaluate(
        "e => Math.max(...[...e.querySelectorAll('span.piece')].map(p => p.getBoundingClientRect().right))"
    )
    assert right <= 320


def test_words_are_text_and_nothing_else(page, app):
    text = "<img src=x onerror=alert(1)> :red[x] $x$ [MASK]"
    open_page(page, f"{app}/masked_word?text={quote(text)}&words=1")
    expect(page.locator(".shaded .words span.piece").first).to_be_visible()
    assert page.locator(".shaded img").count() == 0
    assert ":" in page.locator(".shaded .words").first.locator("bdi").all_inner_texts()
