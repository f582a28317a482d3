"""The page Translate and cross-attention in real Chromium: three boards, a pinned word, steps, a head off, a reload."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.browser.held_up import HeldUp
from tests.browser.server import running_app

SOURCES = "The turtle moves slow across the river\nthe old cat"
TARGETS = "a cat\nthe turtle was slow near the old tree"
KINDS = ("encoder", "decoder", "cross")


@pytest.fixture
def address(app, tiny_translator_folder) -> str:
    """Give the page's address with the tiny translator, two sources and two targets."""
    return link(app, tiny_translator_folder)


def link(app: str, folder: Path, text: str = SOURCES, target: str = TARGETS) -> str:
    return f"{app}/cross?model={quote(str(folder))}&text={quote(text)}&target={quote(target)}"


def open_cross(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".st-key-head_map .gtitle").wait_for(timeout=60_000)
    off_field(page).wait_for(timeout=60_000)
    settle(page)


def off_field(page: Page):
    return page.get_by_role("textbox", name="Heads that are off")


def canvas(page: Page, kind: str):
    return page.locator(f".st-key-board_{kind} .stage canvas")


def weights(page: Page) -> list[str]:
    return page.locator(".hl-shaded small").all_inner_texts()


def click_head(page: Page, kind: str, place: tuple[int, int], size: tuple[int, int]) -> None:
    """Click the head at a place, counted from 0, on a board of so many layers and heads."""
    box = canvas(page, kind).bounding_box()
    down, across = ((at + 0.5) / n for at, n in zip(place, size, strict=True))
    canvas(page, kind).click(position={"x": box["width"] * across, "y": box["height"] * down})


def test_a_link_opens_the_page_on_a_fresh_server(page, tmp_path, tiny_translator_folder):
    with running_app(tmp_path / "log.txt") as app:
        open_cross(page, f"{link(app, tiny_translator_folder)}&head=L1H2&prompt=2")
        expect(page.get_by_role("heading", name="Translate and cross-attention")).to_be_visible()
        expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Cross Layer2_Head3 · L1H2"])


def test_three_boards_are_drawn_each_as_wide_and_high_as_its_texts(page, address):
    open_cross(page, address)
    shapes = {}
    for kind in KINDS:
        drawn = canvas(page, kind)
        expect(drawn).to_have_attribute("data-key", re.compile("^[0-9a-f]{16}$"))
        colours = drawn.evaluate(
            "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
        )
        assert colours > 10, kind
        shapes[kind] = drawn.evaluate("c => [c.width, c.height]")
    # 96 px go to the longer side of a tile. The sources have more tokens than the targets: tiles of cross-attention,
    # 4 heads across and 3 layers down, are wider than high; those of the encoder, 3 across and 2 down, are square.
    wide, high = shapes["encoder"]
    assert (wide + 6) / 3 == (high + 6) / 2
    wide, high = shapes["cross"]
    assert (wide + 6) / 4 != (high + 6) / 3


def test_a_click_on_any_board_opens_that_head_and_leaves_one_mark(page, address):
    open_cross(page, address)
    click_head(page, "decoder", (1, 2), (3, 4))
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Decoder Layer2_Head3 · L1H2"])
    expect(canvas(page, "decoder")).to_have_attribute("data-chosen", "Decoder Layer2_Head3 · L1H2")
    expect(page.locator("[class*=st-key-board_] canvas[data-chosen]")).to_have_count(1)
    click_head(page, "encoder", (1, 0), (2, 3))
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Encoder Layer2_Head1 · L1H0"])
    expect(canvas(page, "encoder")).to_have_attribute("data-chosen", "Encoder Layer2_Head1 · L1H0")
    expect(page.locator("[class*=st-key-board_] canvas[data-chosen]")).to_have_count(1)
    expect(page).to_have_url(re.compile("kind=encoder"))


def test_a_head_of_cross_attention_shades_the_source(page, address):
    open_cross(page, address)
    before = weights(page)
    click_head(page, "cross", (0, 3), (3, 4))
    expect(page.get_by_text("Cross Layer1_Head4 · L0H3; the row of")).to_be_visible()
    assert weights(page) != before


def test_a_click_that_comes_early_leaves_head_kind_and_shading(page, address):
    """What a browser sends with a click is as it was before the last one, where it has not heard of that yet."""
    held = HeldUp(page)
    open_cross(page, address)
    for kind, place, size in (("cross", (0, 3), (3, 4)), ("encoder", (1, 0), (2, 3))):
        held.holds = True
        click_head(page, kind, place, size)
        held.wait_until_drawn(1)
        page.get_by_role("button", name="→").click()
        held.wait_until_drawn(2)
        held.let_go()
        settle(page)
        expect(page.get_by_text("Cross Layer1_Head4 · L0H3; the row of")).to_be_visible()
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Encoder Layer2_Head1 · L1H0"])
    expect(page).to_have_url(re.compile("kind=encoder"))
    expect(page).to_have_url(re.compile("step=3"))


def test_steps_and_a_pinned_word_move_the_shading_and_a_reload_brings_all_back(page, address):
    open_cross(page, f"{address}&prompt=2")
    page.get_by_role("button", name="→").click()
    settle(page)
    expect(page.locator(".hl-strips .y")).to_have_count(1)
    expect(page).to_have_url(re.compile("step=2"))
    page.locator(".st-key-cross_pins").get_by_role("radio").nth(3).click()
    expect(page).to_have_url(re.compile("pin=4"))
    settle(page)
    off_field(page).fill("Layer2_Head3")
    off_field(page).press("Enter")
    expect(page.get_by_text("Step 2, before → after")).to_be_visible()
    settle(page)
    shown = weights(page)
    page.reload()
    page.locator(".st-key-head_map .gtitle").wait_for()
    expect(page.get_by_text("Step 2, before → after")).to_be_visible()
    settle(page)
    assert weights(page) == shown
    expect(off_field(page)).to_have_value("L1H2")


def test_the_files_of_a_head_carry_its_kind(page, address):
    open_cross(page, f"{address}&head=L1H2")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="This head as PNG").click()
    assert download.value.suggested_filename == "Attention_Cross_Layer2_Head3.png"
    with page.expect_download() as download:
        page.get_by_role("button", name="The run as .npz").click()
    assert download.value.suggested_filename.endswith(".npz")


def test_a_run_that_was_saved_here_opens_here_without_its_model(page, app, address):
    open_cross(page, address)
    shown = weights(page)
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="The run as .npz").click()
    saved = Path(download.value.path())
    renamed = saved.with_suffix(".npz")
    renamed.write_bytes(saved.read_bytes())
    page.keyboard.press("Escape")
    page.get_by_role("button", name="From a file").click()
    page.locator(".st-key-cross_file input[type=file]").set_input_files(renamed)
    expect(page.get_by_text("A saved run brings no model along")).to_be_visible()
    settle(page)
    assert weights(page) == shown


def test_a_phone_of_320_px_shows_all_of_it_without_scrolling_sideways(page, address):
    page.set_viewport_size({"width": 320, "height": 700})
    open_cross(page, address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    box = page.locator(".hl-shaded").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 320
    for piece in page.locator(".hl-shaded span").all():
        inner = piece.bounding_box()
        assert inner["x"] + inner["width"] <= 320


def test_what_people_type_stays_text(page, app, tiny_translator_folder):
    hostile = "<img src=x onerror=alert(2)> $x$ :red[x] 😀 我"
    open_cross(page, link(app, tiny_translator_folder, hostile, hostile))
    expect(page.locator("[data-testid=stMain] img[src=x]")).to_have_count(0)
    expect(page.get_by_text(":red[x]").locator("visible=true").first).to_be_visible()
