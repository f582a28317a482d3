"""The page Runs in a real browser: its list survives a reload and is nobody else's; files are opened and kept."""

import io
import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import running_app
from tests.known_heads import write_known_heads
from viz.files import saved

SENTENCE = "The turtle moves slow across the [MASK]."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder with one run as others would write it."""
    folder = tmp_path_factory.mktemp("runs")
    write_known_heads(folder / "known <b>$x$.npz")
    return folder


@pytest.fixture(scope="module")
def offering(folder, tmp_path_factory):
    """Give the address of an app that offers the folder."""
    with running_app(tmp_path_factory.mktemp("app") / "log.txt", HEADLIGHT_RUNS=str(folder)) as address:
        yield address


def entries(page):
    return page.locator("[class*=st-key-show_] button")


def more(page, at: int = 0):
    page.get_by_role("button", name="More").nth(at).click()


def test_the_list_survives_a_reload_and_is_nobody_elses(page, offering, folder, browser):
    open_page(page, f"{offering}/masked_word?head=L1H4")
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(entries(page)).to_have_text([re.compile(re.escape(SENTENCE))])
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(folder / "known <b>$x$.npz")
    expect(entries(page)).to_have_count(2)
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Layer2_Head5 · L1H4"])
    settle(page)
    address = page.url
    page.reload()
    expect(entries(page)).to_have_text([re.compile(r"known <b>\$x\$\.npz"), re.compile(re.escape(SENTENCE))])
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Layer2_Head5 · L1H4"])
    entries(page).nth(1).click()  # an asked run, by its request alone
    expect(page.locator(".st-key-bars_0 .bars .point")).to_have_count(3)
    stranger = browser.new_context().new_page()
    stranger.goto(address)
    expect(stranger.get_by_test_id("stAlert")).to_contain_text("This link leads to a run of another visit")
    expect(entries(stranger)).to_have_count(0)
    stranger.context.close()


def test_a_run_is_renamed_saved_and_forgotten_and_all_of_it_survives(page, offering, folder):
    page.goto(f"{offering}/saved")
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(folder / "known <b>$x$.npz")
    expect(entries(page)).to_have_count(1)
    more(page)
    name = page.get_by_role("textbox", name="Name")
    name.fill("<b>mine</b> :red[x]")
    name.press("Enter")
    expect(entries(page)).to_have_text([re.compile(re.escape("<b>mine</b> :red[x]"))])
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as .safetensors").click()
    assert download.value.suggested_filename.endswith(".safetensors")
    again = saved.read(io.BytesIO(download.value.path().read_bytes()))
    np.testing.assert_array_equal(again.attentions, saved.read(folder / "known <b>$x$.npz").attentions)
    settle(page)
    page.reload()
    expect(entries(page)).to_have_text([re.compile(re.escape("<b>mine</b> :red[x]"))])
    more(page)
    page.get_by_role("button", name="Forget").click()
    expect(entries(page)).to_have_count(0)
    settle(page)
    page.reload()
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_the_address_opens_what_the_server_offers(page, offering):
    page.goto(f"{offering}/saved?run=known+%3Cb%3E%24x%24.npz&head=Layer4_Head11")
    expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Layer4_Head11 · L3H10"])
    expect(page.get_by_text("slow: 0.87 at moves").first).to_be_visible()


def test_an_opened_run_goes_to_the_board(page, offering, folder):
    page.goto(f"{offering}/saved")
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(folder / "known <b>$x$.npz")
    expect(entries(page)).to_have_count(1)
    more(page)
    page.get_by_role("button", name="Open on: Head board").click()
    expect(page.get_by_text("A is the saved run known <b>$x$.npz")).to_be_visible()
    expect(page).to_have_url(re.compile("/board"))


def test_what_a_browser_kept_is_checked_like_any_input(page, offering):
    page.goto(f"{offering}/saved")
    expect(page.get_by_text("None yet.")).to_be_visible()
    settle(page)
    page.evaluate(
        "kept => sessionStorage.setItem('headlight-visit', kept)",
        json.dumps({"visit": "0" * 32, "runs": [5, {"key": "a"}, {"page": "../../x", "name": "<script>"}]}),
    )
    page.reload()
    expect(page.get_by_text("None yet.")).to_be_visible()
    settle(page)
    seen = [json.dumps({"visit": "0" * 32, "runs": [], "seen": of}) for of in (5, "tour", [5, {}, "x" * 99, "<b>"])]
    for broken in (*seen, "{", "null", json.dumps({"visit": "../", "runs": []}), json.dumps({"visit": 5, "runs": 5})):
        page.evaluate("kept => sessionStorage.setItem('headlight-visit', kept)", broken)
        page.reload()
        expect(page.get_by_text("None yet.")).to_be_visible()
        settle(page)
