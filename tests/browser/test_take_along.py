"""What a page gives to take along, in real Chromium: lines, clipboard, PDF, poster, the offline page, with a bar."""

import io
import re
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import open_page
from tests.browser.held_up import HeldUp
from tests.browser.test_masked_word import download, plain  # noqa: F401, the fixture

LONG = "The turtle moves slow across the road. " * 15 + "the [MASK]"


def open_downloads(page: Page) -> None:
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_role("button", name="This head as PNG")).to_be_visible()


def test_lines_show_the_models_numbers_and_a_words_own_lines_when_it_is_pointed_at(page, app, plain):  # noqa: F811
    tokens, attentions = plain
    open_page(page, f"{app}/masked_word?head=Layer3_Head2&drawing=lines")
    drawing = page.locator(".lines svg")
    expect(drawing.get_by_text("Layer3_Head2 · L2H1")).to_be_visible()
    said = drawing.locator("line title").all_text_contents()
    expected = {
        f"{tokens[q]} → {tokens[k]}: {attentions[2, 1, q, k]:.6f}" for q, k in np.argwhere(attentions[2, 1] >= 0.01)
    }
    assert len(expected) > 15

    def parts(line: str) -> tuple[str, float]:
        name, number = line.rsplit(": ", 1)
        return name, float(number)

    shown, wanted = sorted(map(parts, said)), sorted(map(parts, expected))
    assert [name for name, _n in shown] == [name for name, _n in wanted]
    np.testing.assert_allclose([n for _n, n in shown], [n for _n, n in wanted], atol=2e-6)
    drawing.locator("text.q4").hover()
    expect(drawing.locator("line.on")).to_have_count(int((attentions[2, 1, 4] >= 0.01).sum()))
    expect(page.locator(".lines.some")).to_have_count(1)


def test_the_clipboard_gets_the_map_as_numbers(browser, app, plain):  # noqa: F811
    tokens, attentions = plain
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    open_page(page, f"{app}/masked_word?head=Layer2_Head5")
    open_downloads(page)
    page.get_by_role("button", name="Copy this head's numbers").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    lines = [line.split("\t") for line in page.evaluate("navigator.clipboard.readText()").splitlines()]
    context.close()
    assert [line[0] for line in lines] == ["", *tokens]
    numbers = np.array([line[1:] for line in lines[1:]], dtype=np.float32)
    np.testing.assert_allclose(numbers, attentions[1, 4], atol=1e-6)


def test_without_a_clipboard_of_its_own_the_browser_copies_by_hand(page, app):
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    open_page(page, app)
    open_downloads(page)
    page.evaluate("document.addEventListener('copy', () => { window.copied = String(document.activeElement.value); })")
    page.get_by_role("button", name="Copy this head's numbers").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("window.copied").startswith("\t[CLS]\tthe\tturtle")


def test_a_head_as_pdf_is_what_is_drawn_map_or_lines(page, app):
    open_page(page, f"{app}/masked_word?head=Layer3_Head2")
    open_downloads(page)
    name, content = download(page, "This head as PDF")
    said = " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())
    assert name == "Attention_Layer3_Head2.pdf"
    assert "Layer3_Head2 · L2H1" in said and "colour from 0 to 1" in said
    assert len(re.findall(r"\b0\.\d\d\b", said)) >= 10  # ten tokens: numbers stand in the cells, some in every row
    open_page(page, f"{app}/masked_word?head=Layer3_Head2&drawing=lines")
    open_downloads(page)
    said = PdfReader(io.BytesIO(download(page, "This head as PDF")[1])).pages[0].extract_text()
    assert "lines from query" in said


def test_letters_that_no_pdf_can_hold_are_said_in_place_of_the_button(page, app):
    open_page(page, f"{app}/masked_word?text={quote('سلام [MASK]')}")
    open_downloads(page)
    expect(page.get_by_text("Take the SVG, which a browser sets right")).to_be_visible()
    expect(page.get_by_role("button", name="This head as PDF")).to_have_count(0)
    expect(page.get_by_role("button", name="This head as SVG")).to_be_visible()


def test_a_short_texts_poster_and_page_come_at_a_click(page, app):
    open_page(page, app)
    open_downloads(page)
    name, content = download(page, "All heads as a poster (PNG)")
    assert name == "The_turtle_moves_slow_across_the_MASK_poster.png"
    assert Image.open(io.BytesIO(content)).width > 12 * 200
    name, content = download(page, "All heads as a page that works offline (HTML)")
    assert name == "The_turtle_moves_slow_across_the_MASK.html"
    assert content.startswith(b"<!doctype html>") and len(content) < 300_000


@pytest.mark.parametrize("label", ["All heads as ZIP"])
def test_a_long_texts_file_is_made_with_a_bar_and_then_saved(page, app, label):
    held = HeldUp(page)
    open_page(page, f"{app}/masked_word?text={quote(LONG)}")
    open_downloads(page)
    held.holds = True  # else the bar may come and go between two looks
    page.get_by_role("button", name=label, exact=True).click()
    held.let_through_to("progress")
    expect(page.get_by_test_id("stProgress")).to_be_visible()
    held.let_go()
    save = page.get_by_role("button", name=f"Save: {label}")
    expect(save).to_be_visible(timeout=60_000)
    with page.expect_download() as waiting:
        save.click()
    assert waiting.value.path().read_bytes()[:2] == b"PK"
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
