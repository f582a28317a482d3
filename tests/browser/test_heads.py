"""The pages about heads in real Chromium: boards of numbers, clicks, verdicts, files, phones, hostile text."""

import io
import re
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.browser.server import running_app
from tests.known_heads import TURTLE, write_known_heads


def open_heads_page(page: Page, address: str) -> None:
    """Open a page about heads and wait until the open head is drawn."""
    page.goto(address)
    page.locator(".st-key-head_map .gtitle").wait_for(timeout=60_000)
    settle(page)


def head_title(page: Page):
    return page.locator(".st-key-head_map .gtitle")


def click_head(page: Page, key: str, layer: int, head: int) -> None:
    """Click the cell of a head, counted from 1, on a board of the shipped models."""
    canvas = page.locator(f".st-key-{key} .stage canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * (head - 0.5) / 12, "y": box["height"] * (layer - 0.5) / 6})


@pytest.mark.parametrize("name, heading", [("board", "Head board"), ("claim", "Test a claim")])
def test_the_first_visitor_of_a_fresh_server_may_come_by_a_link(page, tmp_path, name, heading):
    with running_app(tmp_path / "log.txt") as address:
        open_heads_page(page, f"{address}/{name}?head=L1H4")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        expect(head_title(page)).to_have_text(["Layer2_Head5 · L1H4"])


def test_the_board_shows_a_number_in_every_cell_and_a_click_opens_the_head(page, app):
    open_heads_page(page, f"{app}/board")
    numbers = page.locator(".st-key-board_a .names span.inside")
    expect(numbers).to_have_count(72)
    expect(numbers.nth(12 + 9)).to_have_text("1.00")  # Layer2_Head10 looks at the previous token
    click_head(page, "board_a", 2, 10)
    expect(head_title(page)).to_have_text(["Layer2_Head10 · L1H9"])
    expect(page.locator(".st-key-board_a canvas[data-chosen]")).to_have_attribute(
        "data-chosen", re.compile(r"Layer2_Head10 · L1H9: 0\.99")
    )
    expect(page).to_have_url(re.compile("head=Layer2_Head10"))


def test_the_pointer_reads_name_and_value(page, app):
    open_heads_page(page, f"{app}/board")
    canvas = page.locator(".st-key-board_a .stage canvas")
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 9.5 / 12, "y": box["height"] * 1.5 / 6})
    expect(page.locator(".st-key-board_a .tip")).to_have_text(re.compile(r"^Layer2_Head10 · L1H9: 0\.99\d\d$"))


def test_the_arrow_keys_walk_over_the_board(page, app):
    open_heads_page(page, f"{app}/board?head=L1H4")
    page.locator(".st-key-board_a .stage canvas").focus()
    page.keyboard.press("ArrowDown")
    expect(head_title(page)).to_have_text(["Layer3_Head5 · L2H4"])


def test_the_scale_changes_its_ends_with_the_measure(page, app):
    open_heads_page(page, f"{app}/board")
    ends = page.locator(".st-key-board_a .ends")
    expect(ends).to_have_text(["0", "1.00"])
    page.get_by_label("Colour the heads by").click()
    page.get_by_role("option", name="entropy", exact=True).click()
    expect(page.get_by_text("in bits, averaged over all queries")).to_be_visible()
    expect(ends.nth(1)).to_have_text(re.compile(r"^[23]\.\d\d$"))


def test_a_click_on_any_of_three_boards_opens_the_head_in_all(page, app):
    open_heads_page(
        page,
        f"{app}/board?measure=pair&query=slow&key=moves&text_b={quote('The turtle slow moves across the [MASK].')}",
    )
    click_head(page, "board_difference", 6, 1)
    expect(head_title(page)).to_have_text(["Layer6_Head1 · L5H0"])
    for key in ("board_a", "board_b", "board_difference"):
        expect(page.locator(f".st-key-{key} canvas[data-chosen]")).to_have_attribute(
            "data-chosen", re.compile("^Layer6_Head1 ")
        )


def test_a_saved_run_is_opened_on_the_board(page, app, tmp_path):
    write_known_heads(tmp_path / "monday.npz", rows=(TURTLE,))
    open_heads_page(page, f"{app}/board?measure=pair&query=slow&key=moves")
    page.get_by_role("button", name="From a file").click()
    page.locator(".st-key-board_file_a input[type=file]").set_input_files(tmp_path / "monday.npz")
    expect(page.get_by_text("A is the saved run monday.npz")).to_be_visible()
    expect(page.locator(".st-key-board_a .names span.inside")).to_have_count(144)
    expect(page.locator(".st-key-board_a .names span.inside").nth(3 * 12 + 10)).to_have_text(".87")


def test_many_sentences_are_measured_while_a_bar_moves(page, app):
    open_heads_page(page, f"{app}/board")
    page.get_by_role("button", name=re.compile("^Example: 36 sentences")).click()
    expect(page.get_by_text("Measured in 36 of 36 texts")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_the_verdict_stands_first_and_its_analysis_comes_as_a_zip(page, app):
    open_heads_page(page, f"{app}/claim")
    expect(page.get_by_text("Holds: Layer4_Head11 · L3H10 looks most from the query word")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the analysis (ZIP)").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert len(archive.namelist()) == 11 and "analysis.md" in archive.namelist()
    assert "**Holds: Layer4_Head11" in archive.read("analysis.md").decode()


def test_one_of_the_best_heads_opens_and_the_verdict_stays(page, app):
    open_heads_page(page, f"{app}/claim?claim=any")
    page.get_by_role("button", name=re.compile(r"^2\. Layer")).click()
    expect(head_title(page)).not_to_have_text(["Layer4_Head11 · L3H10"])
    expect(page.get_by_text("Holds: Layer4_Head11 · L3H10 looks most")).to_be_visible()
    expect(page.get_by_text("for the best of 72 heads")).to_be_visible()


def test_a_sentence_is_marked_by_clicking_its_words(page, app):
    open_heads_page(page, f"{app}/claim")
    page.get_by_role("button", name="Mark by clicking").click()
    page.locator("[class*=st-key-claim_query_]").get_by_role("radio", name="slow").click()
    settle(page)
    page.locator("[class*=st-key-claim_key_]").get_by_role("radio", name="moves").click()
    page.get_by_role("button", name="Test only this sentence").click()
    expect(page.get_by_label("Sentences, one a line")).to_have_value("The turtle _moves_ *slow* across the road.")
    expect(page.get_by_text("in 1 of 1 sentences").last).to_be_visible()  # the first is in the folded opening


def test_going_from_page_to_page_keeps_what_was_asked(page, app):
    open_heads_page(page, f"{app}/board?text={quote('The dog ran.')}&measure=self")
    page.get_by_role("link", name="Test a claim").click()
    expect(page.get_by_text("Holds: Layer4_Head11")).to_be_visible()
    page.get_by_role("link", name="Head board").click()
    expect(page.get_by_label("Texts, one a line")).to_have_value("The dog ran.")
    expect(page.get_by_text("Attention of a token at itself")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "board?measure=pair&text="
        + quote("<script>alert(1)</script> <img src=x onerror=alert(2)> $x^2$ :red[x] 😀 مرحبا"),
        "claim?claim=any&text=" + quote("<img src=x onerror=alert(2)> *script* _alert_ $x^2$ :red[x] 😀 مرحبا"),
    ],
)
def test_what_people_type_stays_text(page, app, path):
    open_heads_page(page, f"{app}/{path}")
    expect(page.locator("[data-testid=stMain] img[src=x], [data-testid=stMain] script")).to_have_count(0)
    expect(page.get_by_text(":red[x]").first).to_be_visible()


@pytest.mark.parametrize("path", ["board", "claim", "board?text_b=A+dog&measure=pair"])
def test_a_phone_shows_all_of_it_without_scrolling_sideways(page, app, path):
    page.set_viewport_size({"width": 390, "height": 800})
    open_heads_page(page, f"{app}/{path}")
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 390
