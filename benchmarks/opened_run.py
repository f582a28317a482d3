"""A saved run of 128 tokens and 144 heads in real Chromium: from the file to all heads drawn; torch stays out of it.

Every round opens a file nobody opened before. The page that is empty is timed beside it: what opening Streamlit takes.
"""

import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import paired
from tests import hand_made
from tests.browser.conftest import FLAGS, chromium_path, settle
from tests.browser.server import started_app
from viz.files import saved

# Runs in the page: what the board of heads shows, and what the open head is said to show, once it is drawn.
SHOWN = """
() => {
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.matches('canvas[data-key]')) return element.dataset.key;
      const found = element.shadowRoot && walk(element.shadowRoot);
      if (found) return found;
    }
    return '';
  };
  const heads = [...document.querySelectorAll('.st-key-head_map [role=figure], .st-key-head_map figure')];
  const drawn = heads.filter((head) => head.querySelector('.gtitle')).pop();
  return [walk(document), drawn?.getAttribute('aria-label') ?? ''];
}
"""
ROUNDS, N_TOKENS, N_LAYERS, N_HEADS = 5, 128, 12, 12


def main() -> None:
    """Open runs on the page that is open, and by an address; read which libraries the server has loaded after that."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [_write(folder / f"run{number}.npz", number) for number in range(2 * ROUNDS + 1)]
        log = folder / "log.txt"
        with started_app(log, HEADLIGHT_RUNS=name) as (address, process), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            page = _open(browser, f"{address}/saved")
            first = _choose(page, files[0].name)
            here = [_choose(page, file.name) for file in files[1 : ROUNDS + 1]]
            page.close()
            empty, by_address = [], []
            for file in files[ROUNDS + 1 :]:
                empty.append(paired.seconds(lambda: _open(browser, f"{address}/saved").close()))
                by_address.append(paired.seconds(lambda at=file.name: _by_address(browser, address, at)))
            browser.close()
            loaded = Path(f"/proc/{process.pid}/maps").read_text()
        print(f"a file has {files[0].stat().st_size / 1e6:.1f} MB", flush=True)
    paired.report("the first run of a fresh server, chosen until drawn", [first], "s")
    paired.report("another run, chosen until drawn", here, "s", "at most 1.5 s")
    paired.report("the page alone, nothing open", empty, "s")
    paired.report("the page by an address, with its run drawn", by_address, "s")
    beyond = [whole - page_alone for whole, page_alone in zip(by_address, empty, strict=True)]
    paired.report("of that beyond the page alone", beyond, "s", "at most 1.5 s")
    print(f"the server has loaded torch: {'yes' if 'libtorch' in loaded else 'no'}   target: no", flush=True)


def _write(file: Path, seed: int) -> Path:
    """Save a run of random softmaxes, which nothing packs well."""
    shape = (1, N_LAYERS, N_HEADS, N_TOKENS, N_TOKENS)
    maps = np.exp(np.random.default_rng(seed).standard_normal(shape, dtype=np.float32))
    maps /= maps.sum(axis=-1, keepdims=True)
    model = hand_made.model_info(N_LAYERS, N_HEADS)
    saved.write(hand_made.run([[1] * N_TOKENS], model=model, attentions=maps), file)
    return file


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(address)
    page.get_by_role("heading", name="Runs of this visit").wait_for(timeout=60_000)
    settle(page)
    return page


def _choose(page: Page, name: str) -> float:
    """Choose a run that the server offers; gives the seconds until all heads and the first one are drawn."""
    page.get_by_role("combobox", name="Runs that this server offers").click()
    before = page.evaluate(SHOWN)
    option = page.get_by_role("option", name=name, exact=True)
    option.wait_for()
    started = time.perf_counter()
    option.click()
    page.wait_for_function(f"before => ({SHOWN})().every((shown, at) => shown && shown !== before[at])", arg=before)
    taken = time.perf_counter() - started
    settle(page)
    return taken


def _by_address(browser: Browser, address: str, name: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{address}/saved?run={quote(name)}")
    page.locator(".st-key-head_grid canvas[data-key]").wait_for(timeout=60_000)
    page.locator(".st-key-head_map .gtitle").wait_for(timeout=60_000)
    page.close()


if __name__ == "__main__":
    main()
