"""The first visit to a fresh server: when the title stands there, when the first picture does, and behind a door."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks import paired
from tests.browser.conftest import FLAGS, chromium_path, settle
from tests.browser.server import running_app

ROUNDS = 5
READING = 5  # seconds that somebody looks at the start page
IMPORTS = "from viz.engine import service; from viz.engine.models import load_model; load_model('headlight-bert')"


def main() -> None:
    """Start a server and an empty browser a round; the imports alone are timed in a process of their own."""
    imports, titles, pictures, starts, doors = [], [], [], [], []
    for _round in range(ROUNDS):
        imports.append(paired.seconds(lambda: subprocess.run([sys.executable, "-c", IMPORTS], check=True)))
        title, picture = _visit()
        titles.append(title)
        pictures.append(picture)
        start, door = _visit_by_the_start_page()
        starts.append(start)
        doors.append(door)
    paired.report("imports and default model, alone", imports, "s")
    paired.report("title visible", titles, "s", "at most 2 s")
    paired.report("all heads and the open head drawn", pictures, "s")
    paired.report("drawn, beyond the imports", [p - i for p, i in zip(pictures, imports)], "s", "at most 4 s")
    paired.report("the start page, whole", starts, "s")
    paired.report(f"door opened {READING} s later, drawn", doors, "s")


@contextmanager
def _fresh() -> Iterator[tuple[Page, str]]:
    """Give an empty browser's page and the address of a fresh server."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "log.txt") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser.new_page(viewport={"width": 1280, "height": 1000}), address
        browser.close()


def _visit() -> tuple[float, float]:
    with _fresh() as (page, address):
        started = time.perf_counter()
        page.goto(f"{address}/masked_word", wait_until="commit")
        page.get_by_role("heading", name="Masked word").wait_for()
        title = time.perf_counter() - started
        page.locator(".stage canvas[data-key]").wait_for(timeout=120_000)
        page.locator(".st-key-head_map .gtitle").wait_for(timeout=120_000)
        return title, time.perf_counter() - started


def _visit_by_the_start_page() -> tuple[float, float]:
    with _fresh() as (page, address):
        started = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.get_by_text("None yet.").wait_for()
        settle(page)
        whole = time.perf_counter() - started
        page.wait_for_timeout(READING * 1000)
        started = time.perf_counter()
        page.get_by_test_id("stMain").get_by_role("link", name="Masked word").click()
        page.locator(".st-key-head_map .gtitle").wait_for(timeout=120_000)
        return whole, time.perf_counter() - started


if __name__ == "__main__":
    main()
