"""Translate and cross-attention in real Chromium: from pressing Run to all drawn, and another step, T = 16."""

import sys
import tempfile
import uuid
from functools import partial
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

from benchmarks import paired
from tests.browser.conftest import FLAGS, chromium_path, settle
from tests.browser.server import running_app
from viz.shipped import TRANSLATOR

ROUNDS, N_TOKENS = 9, 16

# Runs in the page: resolves with the milliseconds from pressing a button until what must change has changed: the three
# boards, the words at the open head's columns, the shaded source and the expected words; of a step the last two.
UNTIL_DRAWN = """
([button, parts]) => new Promise((resolve) => {
  const keys = () => {
    const found = [];
    const walk = (root) => {
      for (const element of root.querySelectorAll('*')) {
        if (element.matches('canvas[data-key]')) found.push(element.dataset.key);
        if (element.shadowRoot) walk(element.shadowRoot);
      }
    };
    walk(document);
    return found.length === 3 ? found : null;
  };
  const texts = (selector) => [...document.querySelectorAll(selector)].map((e) => e.textContent).join('|');
  const state = () => ({
    boards: keys(),
    ticks: texts('.st-key-head_map .xtick text'),
    shaded: texts('.hl-shaded small'),
    words: texts('.st-key-cross_words .ytick text, .st-key-cross_words .bartext'),
  });
  const changed = (before, now) => Array.isArray(before) ? now && before.every((k, n) => k !== now[n]) : before !== now;
  const before = state();
  const pressed = performance.now();
  [...document.querySelectorAll('button')].find((b) => b.innerText.trim() === button)?.click();
  const look = () => {
    const now = state();
    parts.every((part) => changed(before[part], now[part]))
      ? requestAnimationFrame(() => resolve(performance.now() - pressed)) : requestAnimationFrame(look);
  };
  look();
})
"""


def main(checkpoint: str = TRANSLATOR) -> None:
    """Give sources and targets of 16 tokens that nobody asked before; the pass alone is timed in this process."""
    texts = [_texts(checkpoint) for _round in range(ROUNDS + 1)]
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "log.txt") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 2600})
        source, target = texts.pop()
        page.goto(f"{address}/cross?model={quote(checkpoint)}&text={quote(source)}&target={quote(target)}&shade=L0H0")
        page.locator(".st-key-head_map .gtitle").wait_for(timeout=180_000)
        settle(page)
        drawn, steps = [], []
        for source, target in texts:
            drawn.append(_run(page, source, target))
            steps.append(_step(page))
        browser.close()
    passes = _passes(checkpoint, texts)
    usual = sorted(passes)[len(passes) // 2]
    paired.report("T=16: the pass alone", passes, "s")
    paired.report("T=16: Run pressed until drawn", drawn, "s")
    paired.report("T=16: beyond the pass", [seconds - usual for seconds in drawn], "s", "at most 0.5 s")
    paired.report("T=16: another step", steps, "s", "at most 0.25 s")


def _run(page: Page, source: str, target: str) -> float:
    page.get_by_role("textbox", name="Source texts").fill(source)
    page.get_by_role("textbox", name="Targets").fill(target)
    page.wait_for_timeout(700)
    seconds = page.evaluate(UNTIL_DRAWN, ["Run", ["boards", "ticks", "shaded", "words"]]) / 1000
    settle(page)
    return seconds


def _step(page: Page) -> float:
    page.wait_for_timeout(500)
    seconds = page.evaluate(UNTIL_DRAWN, ["→", ["shaded", "words"]]) / 1000
    settle(page)
    return seconds


def _texts(checkpoint: str) -> tuple[str, str]:
    """Make a source and a target that nobody asked before, both of 16 tokens with what is added to them."""
    from viz.engine.models import load_model

    tokenizer = load_model(checkpoint).tokenizer

    def text(words: str) -> str:
        kept = ""
        for word in [*words.split(), *str(uuid.uuid4().int)]:
            longer = f"{kept} {word}".strip()
            if len(tokenizer(longer)["input_ids"]) > N_TOKENS:
                return kept
            kept = longer
        return kept

    first, second = str(uuid.uuid4().int)[:6], str(uuid.uuid4().int)[:6]
    return text(f"A {' '.join(first)} dog"), text(f"Un {' '.join(second)} chien")


def _passes(checkpoint: str, texts: list[tuple[str, str]]) -> list[float]:
    from viz.engine import translating
    from viz.engine.models import load_model

    loaded = load_model(checkpoint)

    def run(source: str, target: str) -> None:
        batch = translating.encode(loaded, [source])
        translating.run(loaded, batch, translating.encode_targets(loaded, batch, [target]))

    run(*texts[0])
    return [paired.seconds(partial(run, *pair)) for pair in texts]


if __name__ == "__main__":
    main(*sys.argv[1:])
