"""The first visit to a fresh server: when the title stands there, and when the first picture does."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import paired
from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.server import running_app

ROUNDS = 5
IMPORTS = "from viz.engine import service; from viz.engine.models import load_model; load_model('headlight-bert')"


def main() -> None:
    """Start a server and an empty browser a round; the imports alone are timed in a process of their own."""
    imports, titles, pictures = [], [], []
    for _round in range(ROUNDS):
        imports.append(paired.seconds(lambda: subprocess.run([sys.executable, "-c", IMPORTS], check=True)))
        title, picture = _visit()
        titles.append(title)
        pictures.append(picture)
    paired.report("imports and default model, alone", imports, "s")
    paired.report("title visible", titles, "s", "at most 2 s")
    paired.report("all heads and the open head drawn", pictures, "s")
    paired.report("drawn, beyond the imports", [p - i for p, i in zip(pictures, imports)], "s", "at most 4 s")


def _visit() -> tuple[float, float]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "log.txt") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        started = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.get_by_role("heading", name="Masked word").wait_for()
        title = time.perf_counter() - started
        page.locator(".stage canvas[data-key]").wait_for(timeout=120_000)
        page.locator(".st-key-head_map .gtitle").wait_for(timeout=120_000)
        picture = time.perf_counter() - started
        browser.close()
    return title, picture


if __name__ == "__main__":
    main()
