"""Inside the mask in real Chromium: from choosing another query token until its stages are drawn, 64 tokens."""

import tempfile
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import sync_playwright

from benchmarks import paired
from tests.browser.conftest import FLAGS, chromium_path, settle
from tests.browser.server import running_app

ROUNDS = 12
TEXT = "[MASK] " + "the " * 61  # 64 tokens with [CLS] and [SEP]

# Runs in the page: resolves with the milliseconds from the key that chooses until the arithmetic names another query
# and the frames of all three maps have moved.
UNTIL_MOVED = """
() => new Promise((resolve) => {
  const state = () => [
    document.querySelector('.st-key-attention_map .shapelayer path')?.getAttribute('d'),
    document.querySelector('[data-testid=stCode]')?.textContent,
  ];
  const before = state();
  let chosen = null;
  document.addEventListener('keydown', (e) => {
        if (e.key === 'Enter') chosen ??= performance.now();
    }, { capture: true });
  const look = () => {
    const now = state();
    now.every((part, n) => part && part !== before[n])
      ? requestAnimationFrame(() => resolve(performance.now() - chosen)) : requestAnimationFrame(look);
  };
  look();
})
"""


def main() -> None:
    """Go from query to query on the shipped BERT; no pass is made."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "log.txt") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 2200})
        page.goto(f"{address}/inside?text={quote(TEXT)}")
        page.locator(".st-key-attention_map .gtitle").wait_for(timeout=60_000)
        settle(page)
        seconds = [_choose(page, number + 10) for number in range(ROUNDS)]
        browser.close()
    paired.report("64 tokens: another query, all stages", seconds, "s", "at most 0.25 s")


def _choose(page, number: int) -> float:
    page.wait_for_timeout(700)
    field = page.locator(".st-key-choose_query input")
    field.click()
    field.fill(f"{number} ")
    page.wait_for_timeout(300)
    page.evaluate(f"() => {{ window.moved = ({UNTIL_MOVED})(); }}")
    field.press("Enter")
    return page.evaluate("() => window.moved") / 1000


if __name__ == "__main__":
    main()
