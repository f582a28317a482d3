"""Every page in a language that no one speaks: what stays English there was never given to the translators.

Its catalogue puts every message of the app into brackets and makes it longer, so English without brackets is a message
that is put together, or one that no catalogue has; a page that grows sideways, or cuts a label, would in Russian too.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import catalogues
from tests.browser import pages
from tests.browser.conftest import settle
from tests.browser.server import REPOSITORY, copy_without_languages, running_app
from viz.analysis.known.file import known

UNSPOKEN = "eo"  # a code that Babel knows; nobody speaks this catalogue
LONGER = 0.3  # as Russian is
WIDTHS = (1280, 640, 390, 320)  # 640: half of 1280, as who zooms to 200% sees it

# What Streamlit says itself, in English whatever is asked.
STREAMLITS = {
    "App pages",
    "Choose an option",
    "Copy to clipboard",
    "Choose or add an option",
    "Collapse sidebar",
    "Decrement",
    "Download as CSV",
    "Fullscreen",
    "Help for",
    "Help for A:",
    "Help for B:",
    "Increment",
    "Open",
    "Search",
    "Show/hide columns",
    "Sidebar",
    "Skip to main content",
    "Upload",
    "50MB per file • NPZ, SAFETENSORS",
    "50MB per file • YAML, YML",
    "50MB per file • ZIP",
    "file upload",
}
OURS = {"Language / 语言 / Язык"}  # for those who cannot read the page
ANSWERS = {"J'ai une voiture rouge"}
TITLES = {of.source.title for of in known().findings}  # of what was written about heads
WORD = re.compile(r"[^\W\d]{3,}")  # names of icons and parameters are one
NAMES = re.compile(r"Layer\d+_Head\d+|L\d+H\d+")

# All that is written or, for a screen reader, said; not what is a text of the user's, a token or code.
TEXTS = """() => {
  const app = document.querySelector('.stApp');
  const lessons = '[class*="st-key-lesson_said_"]'; // in the language of their packs
  const other =
    `bdi, code, style, textarea, input, [data-testid="stHeader"], [data-testid="stIconMaterial"], ${lessons}`;
  const hidden = [...app.querySelectorAll(other)];
  for (const element of hidden) element.style.display = 'none';
  const said = [app.innerText, ...[...app.querySelectorAll('svg text')].map((text) => text.textContent)];
  for (const element of hidden) element.style.display = '';
  for (const name of ['aria-label', 'placeholder', 'alt', 'title'])
    for (const element of app.querySelectorAll(`[${name}]`))
      if (!element.closest('[data-testid="stHeader"]')) said.push(element.getAttribute(name));
  return said;
}"""


def copy_with(folder: Path) -> Path:
    """Copy the app with the catalogue of the language that nobody speaks."""
    place = copy_without_languages(folder / "app")
    said = {message.id: _unspoken(message.id) for message in catalogues.template() if message.id}
    catalogues.write(place / "assets" / "locale", UNSPOKEN, said)
    return place


def _unspoken(message: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if isinstance(message, tuple):
        return tuple(str(_unspoken(form)) for form in message)
    return f"⟦{message}{'~' * round(LONGER * len(message))}⟧"


@pytest.fixture(scope="module")
def unspoken(tmp_path_factory) -> Iterator[str]:
    """Give the address of an app that speaks it."""
    folder = copy_with(tmp_path_factory.mktemp("unspoken"))
    with running_app(tmp_path_factory.mktemp("log") / "log.txt", folder=folder) as address:
        yield address


@cache
def data() -> str:
    """Give the texts that pages open with: their words are the user's, in whatever language."""
    texts = [file.read_text() for file in (REPOSITORY / "assets" / "examples").rglob("*.txt")]
    return " ".join(WORD.findall(" ".join([*texts, *TITLES, *ANSWERS]).lower()))


def is_data(part: str) -> bool:
    """Tell a token, or words of a text of ours, perhaps with the word that was guessed at its end."""
    words = WORD.findall(part.lower())
    return len(words) < 2 or " ".join(words) in data() or " ".join(words[:-1]) in data()


def english(page: Page) -> list[str]:
    """List what is said in English: lines with a part of several words outside the brackets that are no data."""
    lines = {line.strip() for said in page.evaluate(TEXTS) for line in outside(said).split("\n")}
    parts = {line: re.split(r"[;:,·→%|()\d]+", NAMES.sub("", line)) for line in lines - STREAMLITS - OURS}
    return sorted(line for line, of in parts.items() if not all(map(is_data, of)))


def outside(said: str) -> str:
    """Leave out what is in brackets, one in another too."""
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", " ", said)) != said:
        said = shorter
    return said


def test_english_outside_the_brackets_is_found():
    assert outside("⟦layer ⟦bits~⟧ of~⟧ mean ⟦head~⟧").split() == ["mean"]
    assert not is_data("mean over all heads") and not is_data("Colour the heads by")
    assert is_data("The turtle moves slow across the river.") and is_data("river")


@pytest.mark.parametrize("name", pages.PAGES)
def test_a_page_says_nothing_that_no_catalogue_has_and_does_not_grow_sideways(page, unspoken, name):
    page.goto(pages.address(unspoken, name, lang=UNSPOKEN))
    page.get_by_text("⟦").first.wait_for(timeout=60_000)
    settle(page)
    expect(page.locator(f'html[lang="{UNSPOKEN}"]')).to_have_count(1)
    assert english(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)  # for what is laid out anew
        assert not pages.grows_sideways(page), width
        assert pages.cut_labels(page) == [], width
    page.set_viewport_size({"width": 640, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")  # letters of twice the size
    page.wait_for_timeout(300)
    assert not pages.grows_sideways(page), "large letters"


def test_a_page_that_grows_sideways_and_a_label_that_is_cut_are_found(page):
    cut = "overflow: hidden; text-overflow: ellipsis; white-space: nowrap"
    for width, grows in (("3000px", True), ("30px", False)):
        label = f'<p style="width: {width}">wide</p><p style="width: 50px; {cut}">much too long for its place</p>'
        page.set_content(f'<div class="stApp"><div data-testid="stMain" style="overflow: auto">{label}</div></div>')
        assert pages.grows_sideways(page) is grows
        assert pages.cut_labels(page) == ["much too long for its place"]
