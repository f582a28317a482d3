"""A batch of prompts in real Chromium: from a click on a prompt, a layer or a head until it is drawn, 64 tokens."""

import tempfile
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

from benchmarks import paired
from benchmarks.clicks import click_at
from tests.browser.conftest import FLAGS, chromium_path, settle
from tests.browser.server import running_app

ROUNDS = 12
PROMPTS = [" ".join([word] * 64) for word in ("the", "a", "it", "my")]

# Runs in the page: resolves with the milliseconds until the open map shows another prompt or another head, and, for
# another prompt, until the overview was drawn anew as well.
UNTIL_CHANGED = """
(wantsOverview) => new Promise((resolve) => {
  const inGrid = () => {
    const find = (root) => {
      for (const element of root.querySelectorAll('*')) {
        if (element.matches('canvas[data-key]')) return element;
        if (element.shadowRoot) { const found = find(element.shadowRoot); if (found) return found; }
      }
      return null;
    };
    return find(document.querySelector('.st-key-head_grid'));
  };
  const state = () => [
    document.querySelector('.st-key-head_map .gtitle')?.textContent,
    [...document.querySelectorAll('.st-key-head_map .ytick text')].map((t) => t.textContent).join('|'),
  ].join('#');
  const before = state(), key = inGrid().dataset.key;
  let clicked = null;
  document.addEventListener('pointerdown', () => { clicked ??= performance.now(); }, { capture: true, once: true });
  const look = () => {
    const drawn = state() !== before && (!wantsOverview || inGrid().dataset.key !== key);
    drawn ? requestAnimationFrame(() => resolve(performance.now() - clicked)) : requestAnimationFrame(look);
  };
  look();
})
"""


def main() -> None:
    """Go from prompt to prompt and from head to head on the shipped GPT-2."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "log.txt") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1600})
        page.goto(f"{address}/batch?text={quote(chr(10).join(PROMPTS))}")
        page.locator(".st-key-head_map .gtitle").wait_for(timeout=60_000)
        settle(page)
        prompts = [
            _click(page, True, ".st-key-prompt_grid", (number % 4 + 0.5) / 4, 0.5) for number in range(1, ROUNDS)
        ]
        heads = [_click(page, False, ".st-key-head_grid", (number % 12 + 0.5) / 12, 0.08) for number in range(ROUNDS)]
        layers = [_click(page, False, ".st-key-head_grid", 0.04, (number % 6 + 0.5) / 6) for number in range(1, ROUNDS)]
        browser.close()
    for name, values in (("prompt", prompts), ("head", heads), ("layer", layers)):
        paired.report(f"4 prompts of 64 tokens: another {name}", values, "s", "at most 0.25 s")


def _click(page: Page, overview: bool, board: str, across: float, down: float) -> float:
    """Click a place of a board, given as shares of its size; gives the seconds until what it opens is drawn."""
    page.wait_for_timeout(400)
    page.evaluate(f"(wants) => {{ window.changed = ({UNTIL_CHANGED})(wants); }}", overview)
    click_at(page.locator(f"{board} .stage canvas"), across, down)
    return page.evaluate("() => window.changed") / 1000


if __name__ == "__main__":
    main()
