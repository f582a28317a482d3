"""Every page before axe-core, light and dark, in every language; then paper, a reader's own colours, no motion.

What axe calls serious or critical fails, but for what Streamlit draws itself and nobody can reach from an app: those
are listed one by one, and docs/accessibility.md repeats them.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import pages
from tests.browser.conftest import settle
from tests.browser.server import running_app
from tests.hand_ins import PACK_FILE, handed
from tests.packs import PADDING, pack
from tests.tiny import tiny_bert

FAIL = {"serious", "critical"}
OPTIONS: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS = OPTIONS | {"runOnly": ["color-contrast", "link-in-text-block"]}  # a theme draws the same elements otherwise
WIDE = 1280
HIGHEST = 6000  # px of a page that is audited as a whole: what is scrolled away is not judged
LONG = "the turtle moves slow across the river and a cat sat on the mat . " * 11 + "[MASK]"


@dataclass(frozen=True)
class Known:
    """Name what Streamlit draws and an app cannot change: axe's rule, the elements, and why it stays."""

    rule: str
    selector: str
    reason: str


KNOWN = (
    Known(
        "list",
        'ul[data-testid="stSidebarNavItems"]',
        "Streamlit 1.67 puts a div for each section of the menu between the list and its items",
    ),
    Known(
        "listitem",
        'ul[data-testid="stSidebarNavItems"] > div > li',
        "the items in those divs; each holds one link, which is read by its name all the same",
    ),
    Known(
        "scrollable-region-focusable",
        ".st-key-completed, :has(> .st-key-completed)",
        "a container of a height cannot be given a place among what Tab reaches; browsers give it one themselves",
    ),
)

# Does an element that axe points at, or for one in a component the component itself, match a selector?
MATCHES = "([place, selector]) => document.querySelector(place).matches(selector)"
LEVELS = '[...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((heading) => Number(heading.nodeName[1]))'
MOVING = """[...document.querySelectorAll("*")].filter((one) => {
  const { transitionDuration, animationName, animationIterationCount } = getComputedStyle(one);
  return parseFloat(transitionDuration) > 0.05 || (animationName !== "none" && animationIterationCount === "infinite");
}).length"""


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[str]:
    """Give the address of an app that offers a run, so that no page is empty."""
    folder = tmp_path_factory.mktemp("runs")
    with running_app(tmp_path_factory.mktemp("app") / "log.txt", **pages.offer_run(folder)) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a light page without the headers that would keep axe's script out."""
    with browser.new_context(
        bypass_csp=True, color_scheme="light", viewport={"width": WIDE, "height": 1000}
    ) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        yield page


def start(page: Page, address: str) -> None:
    """Open an address, wait until all is drawn, and give the page room for the whole of it."""
    page.goto(address)
    pages.wait_until_drawn(page)
    pages.give_room(page, WIDE, HIGHEST)


def found(page: Page, options: dict[str, Any] = OPTIONS) -> list[str]:
    """List what axe finds serious or critical, what is known left out."""
    violations = Axe().run(page, options=options).response["violations"]
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in violations
        if violation["impact"] in FAIL
        for node in violation["nodes"]
        if not is_known(page, violation["id"], node["target"])
    ]


def is_known(page: Page, rule: str, target: list[str]) -> bool:
    """Tell whether a finding is one that is listed; one inside a component of ours never is."""
    selectors = [known.selector for known in KNOWN if known.rule == rule]
    return isinstance(target[0], str) and any(page.evaluate(MATCHES, [target[0], one]) for one in selectors)


def assert_in_order(levels: list[int]) -> None:
    """One title comes first, and no level is left out on the way down."""
    assert levels[0] == 1 and levels.count(1) == 1, levels
    assert all(below <= above + 1 for above, below in zip(levels, levels[1:], strict=False)), levels


@pytest.mark.parametrize("name", pages.PAGES)
def test_a_page_has_nothing_serious_in_any_language_light_or_dark_and_its_headings_in_order(page, app, name):
    pages.open_answered(page, app, name)
    for language in pages.LANGUAGES:  # in place: loading a page takes as long as four audits
        if language != "en":
            pages.switch_theme(page, "light")
            pages.switch_language(page, language)
        pages.give_room(page, WIDE, HIGHEST)
        assert_in_order(page.evaluate(LEVELS))
        assert found(page) == [], language
        pages.switch_theme(page, "dark")
        assert found(page, OPTIONS if language == "en" else COLOURS) == [], (language, "dark")


def test_lines_and_the_map_of_a_long_text_have_nothing_serious(page, app, tmp_path):
    start(page, f"{app}/masked_word?drawing=lines")
    expect(page.locator(".lines svg")).to_be_visible()
    folder = tiny_bert(tmp_path / "long-bert", n_positions=256)
    start(page, f"{app}/masked_word?model={quote(str(folder))}&text={quote(LONG)}")
    expect(page.locator(".long canvas.map")).to_be_visible()
    assert found(page) == []
    pages.switch_theme(page, "dark")
    assert found(page) == []


def test_what_is_wrong_is_found_and_what_is_known_in_no_other_place(page, app):
    start(page, f"{app}/models")
    wrong = '<p style="color: #999">grey</p><ul><div><li>one</li></div></ul>'
    page.get_by_test_id("stMain").evaluate("(main, wrong) => main.insertAdjacentHTML('beforeend', wrong)", wrong)
    assert {line.split(":")[0] for line in found(page)} == {"color-contrast", "list", "listitem"}
    with pytest.raises(AssertionError):
        assert_in_order([1, 3])


def test_a_print_has_maps_and_tables_and_neither_menu_nor_controls(page, app):
    start(page, f"{app}/training")
    kept = (
        page.locator(".js-plotly-plot").last,
        page.locator(".stDataFrame").first,
        page.locator(".grid canvas").first,
    )
    kept += (page.locator("textarea").first,)  # the sentences
    gone = [page.get_by_role("button", name="Run"), page.get_by_test_id("stSidebar"), page.get_by_test_id("stCheckbox")]
    gone += [page.get_by_test_id("stSelectbox"), page.get_by_test_id("stButtonGroup"), page.get_by_test_id("stPopover")]
    for one in gone:
        expect(one.first).to_be_visible()
    page.emulate_media(media="print")
    for one in gone:
        for part in one.all():
            expect(part).to_be_hidden()
    for one in kept:
        expect(one).to_be_visible()


def test_a_readers_own_colours_leave_the_numbers_their_colours(page, app):
    start(page, f"{app}/masked_word")
    ground = "piece => getComputedStyle(piece).backgroundColor"
    piece = page.locator(".shaded span.piece").first
    word, title = piece.evaluate(ground), page.get_by_role("heading", level=1)
    pixel = "canvas => [...canvas.getContext('2d').getImageData(20, 20, 1, 1).data]"
    overview = page.locator(".stage canvas").first
    cell, ink = overview.evaluate(pixel), title.evaluate("title => getComputedStyle(title).color")
    page.emulate_media(forced_colors="active")
    expect(page.locator(".js-plotly-plot").last).to_have_css("forced-color-adjust", "none")
    assert title.evaluate("title => getComputedStyle(title).color") != ink  # the page's words do follow the reader
    assert piece.evaluate(ground) == word
    assert overview.evaluate(pixel) == cell
    chosen, ground_of_page = (
        page.locator('[data-variant="segmented_control"][data-selected="true"]').first,
        "rgb(0, 0, 0)",
    )
    expect(chosen).not_to_have_css("background-color", ground_of_page)


def test_nothing_moves_for_those_who_ask(page, app):
    start(page, f"{app}/masked_word")
    assert page.evaluate(MOVING) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0


def test_a_lesson_with_a_right_and_a_wrong_answer_has_nothing_serious(page, tmp_path):
    (tmp_path / "try-it.yaml").write_bytes(pack(PADDING, PADDING.replace("id: padding", "id: again")))
    with running_app(tmp_path / "log.txt", HEADLIGHT_PACKS=str(tmp_path)) as address:
        start(page, f"{address}/lesson?pack=try-it")
        for question, given in (("padding", "4"), ("again", "5")):
            panel = page.locator(f".st-key-lesson_question_{question}")
            panel.get_by_role("textbox").fill(given)
            panel.get_by_role("button", name="Check").click()
            expect(panel.get_by_test_id("stAlert")).to_be_visible()
            pages.settle(page)
        expect(page.locator(".st-key-head_map")).to_be_visible()
        assert_in_order(page.evaluate(LEVELS))
        assert found(page) == []
        pages.switch_theme(page, "dark")
        assert found(page) == []


def test_hand_ins_of_a_class_have_nothing_serious(page, tmp_path):
    (tmp_path / "try-it.yaml").write_bytes(PACK_FILE)
    files = {"ann": handed("Ann", look="moved", claim="Layer4_Head11"), "bad": io.BytesIO(b"x")}
    for name, file in files.items():
        (tmp_path / f"{name}.zip").write_bytes(file.getvalue())
    with running_app(tmp_path / "log.txt", HEADLIGHT_PACKS=str(tmp_path)) as address:
        start(page, f"{address}/hand_ins")
        page.locator("input[type=file]").first.set_input_files([tmp_path / f"{name}.zip" for name in files])
        expect(page.get_by_role("heading", name="Claims").first).to_be_visible()
        pages.wait_until_drawn(page)
        pages.choose_option(page, page.get_by_role("combobox", name="Question"), "1.2 ")
        expect(page.locator(".st-key-hand_ins_guesses .legendtext").first).to_be_visible()
        settle(page)
        assert_in_order(page.evaluate(LEVELS))
        assert found(page) == []
        pages.switch_theme(page, "dark")
        assert found(page) == []
