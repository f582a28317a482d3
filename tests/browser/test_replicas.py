"""Two replicas behind nginx: who asks stays with one, large files arrive, and a page outlives the replica it was on."""

import csv
import gzip
import io
import json
import re
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_page, settle
from tests.browser.replicas import Replicas, get, running_replicas

BROWSERS = 6
MB = 10**6  # as the browser counts
LARGEST = 50 * MB  # the setting as it is
SIDE = 290  # tokens, of which 144 heads take 48.4 MB


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    """Give two replicas that write down what they are asked, and nginx."""
    texts = {"HEADLIGHT_LOG_TEXTS": "1", "HEADLIGHT_METRICS": "1"}
    with running_replicas(tmp_path_factory.mktemp("replicas"), **texts) as replicas:
        yield replicas


def named(page: Page) -> str:
    """Name the replica of the browser's cookie."""
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie["name"] == "headlight_replica"]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Lax", -1)
    return cookie["value"]


def ask(page: Page, text: str) -> None:
    """Ask something, and wait for its answer."""
    page.get_by_label("Sentence with [MASK]").fill(text)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text(text.partition(" [MASK]")[0]).first).to_be_visible(timeout=60_000)
    settle(page)


def on_each_replica(browser: Browser, replicas: Replicas) -> dict[str, Page]:
    """Open a page on each replica, by the name of the replica.

    Newcomers go to the one that has fewer pages, so all stay open until both have one.
    """
    pages: dict[str, Page] = {}
    others: list[Page] = []
    ends = time.monotonic() + 120
    while len(pages) < len(replicas.ports):
        assert time.monotonic() < ends
        page = browser.new_context(accept_downloads=True).new_page()
        page.goto(f"{replicas.address}/saved")
        expect(page.get_by_test_id("stFileUploader")).to_be_visible()
        others.extend([page] if named(page) in pages else [])
        pages.setdefault(named(page), page)
    for page in others:
        page.context.close()
    return pages


@pytest.fixture
def pages(browser, replicas):
    """Give a page on each replica."""
    pages = on_each_replica(browser, replicas)
    yield pages
    for page in pages.values():
        page.context.close()


def test_browsers_are_spread_over_both_replicas_and_each_stays_with_its_own(browser, replicas):
    pages = [browser.new_context().new_page() for _number in range(BROWSERS)]
    for page in pages:
        page.goto(f"{replicas.address}/saved")
        expect(page.get_by_test_id("stFileUploader")).to_be_visible()
    homes = [named(page) for page in pages]
    assert min(homes.count("1"), homes.count("2")) >= 1  # programs of a page on their way count as connections too
    for number, (home, page) in enumerate(zip(homes, pages, strict=True)):
        text = f"The visitor number {number} comes back for a [MASK]."
        page.goto(f"{replicas.address}/masked_word?text={quote(text)}")  # another handshake
        expect(page.get_by_text(text.partition(" [MASK]")[0]).first).to_be_visible()
        settle(page)
        assert replicas.which_ran(text) == named(page) == home
        page.context.close()


def test_what_one_replica_made_is_downloaded_from_it(pages, replicas):
    for page in pages.values():
        open_page(page, replicas.address)
        page.get_by_role("button", name="Download").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="This head as CSV").click()
        table = list(csv.reader(io.StringIO(Path(download.value.path()).read_text())))
        assert len(table) == 1 + 10 * 10
        assert [table[1][1], table[1][3]] == ["slow", "moves"]  # the largest first


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Give a run of 48 MB, and a file of as many bytes as are taken that is no run."""
    folder = tmp_path_factory.mktemp("large")
    weights = np.random.default_rng(0).random((1, 12, 12, SIDE, SIDE), dtype=np.float32)
    weights /= weights.sum(axis=-1, keepdims=True)
    tokens = np.array([[f"word{n}" for n in range(SIDE)]])
    meta = json.dumps({"model": {"checkpoint": "large"}})
    np.savez(folder / "run.npz", tokens=tokens, attention_mask=np.ones((1, SIDE)), attentions=weights, meta=meta)
    (folder / "none.npz").write_bytes(bytes(LARGEST))
    assert 48 * MB < (folder / "run.npz").stat().st_size < LARGEST
    return folder


def test_files_of_50_mb_reach_the_replica_of_their_page(pages, replicas, large):
    for page in pages.values():
        uploader = page.get_by_test_id("stFileUploader")
        expect(uploader).to_contain_text("50MB")
        uploader.locator("input").set_input_files(large / "run.npz")
        expect(page.locator("[class*=st-key-show_] button").filter(has_text="run.npz")).to_be_visible(timeout=60_000)
        expect(page.get_by_text(f"1 text of {SIDE} tokens · Self-attention")).to_be_visible(timeout=60_000)
        uploader.locator("input").set_input_files(large / "none.npz")
        refused = page.get_by_test_id("stAlert").filter(has_text="'none.npz' is not a saved run")
        expect(refused).to_be_visible(timeout=60_000)


def test_a_page_whose_replica_is_killed_comes_back_on_the_other_with_its_text(pages, replicas, large, browser):
    lost, other = "1", "2"
    page, typed = pages[lost], "The old turtle sleeps under the [MASK]."
    second = page.context.new_page()  # of the same visitor
    for one in (page, second):
        open_page(one, replicas.address)
    ask(page, typed)
    assert replicas.which_ran(typed) == lost
    field = page.get_by_label("Sentence with [MASK]")
    field.fill(typed.replace("old", "young"))  # not asked yet
    replicas.kill(lost)
    killed = time.monotonic()
    expect(field).to_be_disabled()
    expect(field).to_be_enabled()
    print(f"came back after {time.monotonic() - killed:.2f} s")
    expect(field).to_have_value(typed.replace("old", "young"))
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("The young turtle sleeps under the").first).to_be_visible(timeout=60_000)
    assert replicas.which_ran(typed.replace("old", "young")) == named(page) == other
    ask(second, "The second page of a visitor has a [MASK].")
    assert replicas.which_ran("The second page of a visitor has a [MASK].") == other

    replicas.start(lost)  # and whoever went away stays away
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(large / "run.npz")
    expect(page.get_by_text(f"1 text of {SIDE} tokens · Self-attention")).to_be_visible(timeout=60_000)
    assert named(page) == other
    newcomers = on_each_replica(browser, replicas)
    for newcomer in newcomers.values():
        newcomer.context.close()


def test_while_no_replica_runs_nginx_says_so_and_pages_come_back_later(pages, replicas):
    page = pages["1"]
    open_page(page, replicas.address)
    field = page.get_by_label("Sentence with [MASK]")
    field.fill("A boat without a [MASK].")
    for number in pages:
        replicas.kill(number)
    expect(field).to_be_disabled()
    for path in ("/", "/ready", "/static/any.js"):
        code, said = get(replicas.address + path)
        assert code == 503 and said.startswith("Headlight is not running at the moment.")
    replicas.start("2")
    expect(field).to_be_enabled(timeout=60_000)
    expect(field).to_have_value("A boat without a [MASK].")
    ask(page, "A boat with a [MASK].")
    assert replicas.which_ran("A boat with a [MASK].") == "2"
    replicas.start("1")


@pytest.mark.parametrize(
    "path",
    "/metrics //metrics /%6detrics /metrics/ /metrics?x=1 /a/../metrics /_stcore/metrics /_stcore//metrics".split(),
)
def test_counters_are_for_the_inside(replicas, path):
    assert get(f"{replicas.address}{path}")[0] == 404


def test_each_replica_counts_at_its_own_port_and_readiness_is_told_outside(replicas):
    for number in replicas.ports:
        assert "headlight_requests_total" in get(f"{replicas.direct(number)}/metrics")[1]
    ends = time.monotonic() + 60
    while [get(f"{replicas.address}/ready")[0] for _replica in replicas.ports] != [200, 200]:
        assert time.monotonic() < ends
        time.sleep(0.2)


def test_nginx_writes_down_no_text(page, replicas):
    open_page(page, f"{replicas.address}/masked_word?text=The+purple+turtle+whispers+to+the+%5BMASK%5D.")
    expect(page.get_by_text("The purple turtle whispers").first).to_be_visible()
    page.goto("about:blank")  # the stream is written down when it ends
    ends = time.monotonic() + 30
    logs = ""
    while "/_stcore/stream 101" not in logs and time.monotonic() < ends:
        time.sleep(0.2)
        logs = "".join(file.read_text() for file in replicas.folder.glob("headlight*.log"))
    assert re.search(r"GET /masked_word/? 200", logs)
    assert "/_stcore/stream 101" in logs
    assert "purple" not in logs.lower()


def test_programs_travel_packed(replicas):
    program = next(part for part in get(replicas.address)[1].split('"') if part.endswith(".js")).removeprefix(".")
    ask_for = urllib.request.Request(replicas.address + program, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(ask_for) as packed, urllib.request.urlopen(replicas.address + program) as whole:
        travelled, program = packed.read(), whole.read()
    assert gzip.decompress(travelled) == program
    assert len(travelled) < 0.4 * len(program)
