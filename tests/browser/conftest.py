"""Drive real Chromium against the real app. A page that raises, or asks anything outside, fails its test."""

import os
import shutil
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.server import logged, running_app
from tests.unforeseen import unforeseen

expect.set_options(timeout=40_000)  # a busy computer is slow, not wrong

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium_path() -> str:
    """Find Chromium; without one the tests fail, and say what to do."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert found, "no Chromium found: run `make test`, or install it, or set CHROMIUM to its path"
    return found


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """Give the address of an app that all browser tests share."""
    with running_app(tmp_path_factory.mktemp("app") / "log.txt") as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Give one Chromium for all tests."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser):
    """Give a fresh page; afterwards it must have raised nothing, shown no exception, asked nobody but the app."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    problems, hosts = [], set()
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: hosts.add(urlparse(request.url).hostname))
    yield page
    problems += [f"exception on the page: {text}" for text in page.get_by_test_id("stException").all_inner_texts()]
    problems += map(logged, unforeseen(page.get_by_test_id("stAlert").all_inner_texts()))
    context.close()
    assert problems == []
    assert hosts <= {"127.0.0.1", None, ""}, f"the page asked other hosts: {hosts}"


def open_page(page: Page, address: str) -> None:
    """Open Masked word, at an address that asks something or at a server's own, and wait until all of it is there."""
    page.goto(address if urlparse(address).path else f"{address}/masked_word")
    page.locator(".stage canvas[data-key]").wait_for(timeout=120_000)
    page.get_by_label("Put another word in place of").wait_for(timeout=120_000)
    settle(page)


def settle(page: Page) -> None:
    """Wait until no script runs, and the style of the app is there: the browser fetches what adds it by itself."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=120_000)
    page.locator("#headlight_style").wait_for(state="attached", timeout=120_000)
