"""A phone, and whoever comes by the Tab key: what a thumb can press, an eye can follow and read."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_page, settle
from tests.browser.keys import unseen_stops
from tests.browser.pages import wait_until_drawn
from tests.tiny import tiny_bert

THUMB = 44  # px
LONG = "the turtle moves slow across the river and a cat sat on the mat . " * 11 + "[MASK]"
SMALLEST = 12  # px of any letter on a page

# What is smaller than a thumb, as it is said. A field is as wide as the page, and stands alone.
SMALL = """(thumb) => {
  const toolbars = '[data-testid="stElementToolbar"], [data-testid="stTooltipHoverTarget"]';
  const streamlits = `${toolbars}, .stSelectbox, .stNumberInput`;
  const found = [], wanted = "a[href], button, summary, [role=radio], .stCheckbox > label";
  const look = (root) => root.querySelectorAll("*").forEach((one) => {
    const box = one.getBoundingClientRect();
    const seen = box.width > 1 && box.height > 1 && box.right > 0 && box.left < innerWidth;
    if (one.matches(wanted) && seen && !one.closest(streamlits) && box.height < thumb - 0.5)
      found.push(`${(one.innerText || one.getAttribute("aria-label") || one.className).slice(0, 40)}: ${box.height}`);
    if (one.shadowRoot) look(one.shadowRoot);
  });
  look(document);
  return found;
}"""

# Letters that are written smaller; a font of no size writes nothing.
TINY = """(smallest) => {
  const found = new Set();
  const look = (root) => root.querySelectorAll("*").forEach((one) => {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const px = parseFloat(getComputedStyle(one).fontSize);
    if (own && px > 0 && px < smallest - 0.1 && one.getClientRects().length)
      found.add(`${one.textContent.trim().slice(0, 20)}: ${px}`);
    if (one.shadowRoot) look(one.shadowRoot);
  });
  look(document.querySelector(".stApp"));
  return [...found];
}"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Give a page of a phone, touched and not pointed at."""
    size = {"width": 390, "height": 844}
    with browser.new_context(viewport=size, has_touch=True, is_mobile=True, device_scale_factor=2) as context:
        yield context.new_page()


@pytest.mark.parametrize("path", ["", "masked_word", "switch_off", "inside", "batch"])
def test_a_thumb_finds_44_px_and_nothing_is_smaller_than_12(phone, app, path):
    phone.goto(f"{app}/{path}")
    wait_until_drawn(phone)
    for chart in phone.get_by_test_id("stPlotlyChart").all():
        expect(chart.locator(".main-svg").first).to_be_visible()  # its letters count too
    assert phone.evaluate(SMALL, THUMB) == []
    assert phone.evaluate(TINY, SMALLEST) == []


def test_the_menu_of_a_phone_opens_and_leads_on_by_a_thumb(phone, app):
    open_page(phone, app)
    phone.get_by_test_id("stExpandSidebarButton").tap()
    link = phone.get_by_role("link", name="Glossary", exact=True)
    expect(link).to_be_visible()
    assert phone.evaluate(SMALL, THUMB) == []
    link.scroll_into_view_if_needed()
    link.tap()
    expect(phone.get_by_role("heading", name="Glossary", level=1)).to_be_visible()


def test_the_buttons_of_a_phone_walk_over_a_map_as_arrow_keys_do(phone, app):
    open_page(phone, f"{app}/masked_word?text={quote('She is reading a [MASK].')}&head=L3H10")
    walk = phone.locator(".st-key-head_map_walk")
    expect(walk.locator(".steps button")).to_have_count(4)
    for name in ("one to the right", "one to the right", "one down"):
        walk.get_by_role("button", name=name).tap()
    expect(walk.locator(".cell")).to_contain_text("query 2 she, key 2 she: ")
    boxes = [part.bounding_box() for part in (walk, phone.locator(".st-key-head_map"))]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


@pytest.mark.parametrize("path", ["", "masked_word?drawing=lines", "switch_off", "inside", "long"])
def test_every_stop_of_the_tab_key_is_marked(page, app, tmp_path, path):
    page.emulate_media(reduced_motion="reduce")
    if path == "long":
        path = f"masked_word?text={quote(LONG)}&model={quote(str(tiny_bert(tmp_path / 'long-bert', n_positions=256)))}"
    page.goto(f"{app}/{path}")
    wait_until_drawn(page)
    n_stops, unseen = unseen_stops(page)
    assert n_stops > 30
    # A table marks its cell on its canvas; for screen readers it has cells that take no room.
    assert [name for name in unseen if not re.fullmatch(r"CANVAS  \(.*\)|TD .*\(0 x 0\)", name, re.DOTALL)] == []


def test_a_stop_without_a_mark_is_found(page, app):
    page.goto(f"{app}/glossary")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    settle(page)
    page.get_by_test_id("stMain").evaluate(
        "main => main.insertAdjacentHTML('afterbegin', '<button style=\"all: unset\">unmarked</button>')"
    )
    assert any("unmarked" in name for name in unseen_stops(page)[1])
