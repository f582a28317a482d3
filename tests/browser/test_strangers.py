"""What strangers type, name and open, on every page, in Chromium: shown as text, nothing runs, nobody outside is asked.

The words of the models here are the hostile strings themselves: each is a token of what is typed, and a word that is
guessed. The headers that would stop a script are switched off, so that nothing but the page's own care is tried.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.attacks.hostile import HOSTILE, MARKER
from tests.attacks.hostile_models import LINES, causal, masked, translator
from tests.browser.conftest import settle
from tests.browser.pages import wait_until_drawn
from tests.browser.server import running_app
from tests.unforeseen import unforeseen
from viz.analysis.batches.museum import MUSEUM
from viz.drawing import svg
from viz.drawing.map_sheet import map_sheet
from viz.engine import batching
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.files import page_html, saved
from viz.labels import visible

MASKED, CAUSAL, TWO_STACKS = (f"{n} <img src=x onerror=window.{MARKER}=1> $x$ :red[x] **b**" for n in (1, 2, 3))
FILE = f"{MASKED}.npz"
TEXT = " ".join(LINES)
TOKENS = {visible(text) for text in LINES} - {"[MASK]␣[mask]␣<mask>"}  # its first word is the model's own
MARKED = " ".join(["*the*", "_cat_", *(text for text in LINES if not set("*_\\") & set(text))])
ALL = " ".join("".join(HOSTILE.values()).encode(errors="replace").decode().replace("\0", "").split())

ANSWERED = "batch board compare cross generation head inside masked_word patching".split()
ANSWERED += "attribution positions same_alone switch_off training".split()
OTHERS = ("claim", "glossary", "hand_ins", "importance", "lesson", "models", "saved", "start")
MODELS = {"cross": TWO_STACKS, "generation": CAUSAL, "attribution": CAUSAL}
# Strings that a page may leave out: training hides words, and a translator's pieces are labelled otherwise.
N_HIDDEN = 3

# Every text on a page: what is in shadow roots and pictures too, and what stands in fields.
READ = """() => {
  const texts = [], drawn = [];
  const walk = (node, inSvg) => {
    if (node.nodeType === Node.TEXT_NODE) { texts.push(node.data); if (inSvg) drawn.push(node.data); return; }
    if (["SCRIPT", "STYLE"].includes(node.nodeName)) return;
    if (node.shadowRoot) walk(node.shadowRoot, false);
    for (const child of node.childNodes) walk(child, inSvg || node.nodeName === "svg");
  };
  walk(document.body, false);
  return [texts, drawn];
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Write both models, and their runs as files."""
    folder = tmp_path_factory.mktemp("strangers")
    for write, name in ((masked, MASKED), (causal, CAUSAL), (translator, TWO_STACKS)):
        write(folder / name)
    model = load_model(str(folder / MASKED))
    made = run(model, batching.encode(model, [TEXT]))
    saved.write(made, folder / FILE)
    (folder / "page.html").write_bytes(page_html.page(made))
    (folder / "head.svg").write_text(svg.written(map_sheet(made, 0, 0, 0)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def strangers(folder, tmp_path_factory) -> Iterator[str]:
    """Give the address of an app of its own."""
    with running_app(tmp_path_factory.mktemp("app") / "log.txt") as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page that notes what must not be: a dialog, an error, another address, a script of a stranger's."""
    with browser.new_context(viewport={"width": 1280, "height": 1000}, bypass_csp=True) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        problems: list[str] = []
        context.on("page", lambda _other: problems.append("another window"))
        page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
        page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        context.on("request", lambda request: problems.extend(_outside(request.url)))
        yield page
        assert_harmless(page)
        assert problems == []


def _outside(url: str) -> list[str]:
    parts = urlsplit(url)
    is_ours = parts.hostname == "127.0.0.1" and parts.scheme in ("http", "ws")
    return [] if is_ours or parts.scheme in ("data", "blob", "file") else [f"asked {url}"]


def assert_harmless(page: Page) -> None:
    assert [frame.evaluate(f"window.{MARKER}") for frame in page.frames] == [None]  # and there is no other frame
    assert page.get_by_test_id("stException").count() == 0
    assert unforeseen(page.get_by_role("alert").all_inner_texts()) == []
    links = page.locator("a[href]").evaluate_all("links => links.map((link) => link.href)")
    threads = {exhibit.link for exhibit in MUSEUM.values()}  # ours, and followed by nobody but a reader
    assert [outside for link in links if link not in threads for outside in _outside(link)] == []


def read(page: Page) -> tuple[str, set[str]]:
    """Give all text of a page in one, and the texts in its pictures."""
    texts, drawn = page.evaluate(READ)
    return "\n".join(texts), set(drawn)


def start(page: Page, address: str, name: str, folder: Path) -> None:
    """Open a page by an address with the hostile text and a model of hostile words, and wait until all is drawn."""
    model = quote(str(folder / MODELS.get(name, MASKED)), safe="")
    # A causal model takes no [MASK], so one string is left out.
    unmasked = " ".join(text for text in LINES if "[mask]" not in text)
    typed = {"claim": MARKED, "generation": unmasked, "attribution": unmasked}.get(name, f"{TEXT} [MASK]")
    text = quote(typed, safe="")
    sides = "".join(f"&model_{side}={model}&text_{side}={text}" for side in "ab")
    sides += f"&other={text}" if name == "patching" else ""
    page.goto(f"{address}/{'' if name == 'start' else name}?model={model}&text={text}{sides}")
    wait_until_drawn(page)


def fields(page: Page) -> Locator:
    return page.locator('[data-testid="stMain"] :is(input[type=text], textarea):visible:enabled')


def fill_all(page: Page) -> list[str]:
    """Type all strings into every field, one after another, and send each; gives the labels of the fields."""
    labels = [field.get_attribute("aria-label") or "" for field in fields(page).all()]
    for label in labels:
        field = page.locator('[data-testid="stMain"]').get_by_label(label, exact=True).first
        field.fill(ALL)
        field.press("Control+Enter" if field.evaluate("field => field.nodeName") == "TEXTAREA" else "Enter")
        settle(page)
    for button in page.locator('[data-testid*="FormSubmit"] button, [data-testid*="FormSubmit"]').all()[:1]:
        button.click()
    settle(page)
    return labels


@pytest.mark.parametrize("name", ANSWERED)
def test_a_page_shows_every_string_as_text_and_runs_none(page, strangers, folder, name):
    start(page, strangers, name, folder)
    expect(page.locator(".js-plotly-plot svg text").first).to_be_visible()
    text, pictures = read(page)
    missing = [token for token in TOKENS if token not in text]
    assert len(missing) <= N_HIDDEN, missing
    assert len(TOKENS & pictures) > 15  # axes of long maps name some of the tokens
    assert_harmless(page)
    assert fill_all(page)


@pytest.mark.parametrize("name", OTHERS)
def test_a_page_takes_every_string_in_every_field_and_runs_none(page, strangers, folder, name):
    start(page, strangers, name, folder)
    assert fill_all(page) or name in (
        "hand_ins",
        "lesson",
        "saved",
        "start",
    )  # most have fields once something is open


def test_a_sentence_about_a_name_says_it_as_it_was_typed(page, strangers):
    page.goto(f"{strangers}/models")
    wait_until_drawn(page)
    page.get_by_label("Name on the Hub, or folder").fill(ALL)
    page.get_by_role("button", name="How large is it?").click()
    said = page.get_by_role("alert").filter(has_text="There is no model")
    expect(said).to_be_visible()
    words = " ".join(said.evaluate("alert => alert.textContent").split())
    assert ALL.strip() in words


def test_an_opened_run_shows_its_tokens_its_text_its_model_and_its_name_as_text(page, strangers, folder):
    page.goto(f"{strangers}/saved")
    wait_until_drawn(page)
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(folder / FILE)
    expect(page.locator(".js-plotly-plot svg text").first).to_be_visible()
    wait_until_drawn(page)
    text, pictures = read(page)
    assert [token for token in TOKENS if token not in text] == []
    assert len(TOKENS & pictures) > 15
    assert MASKED in text and FILE in text
    page.get_by_role("button", name="More").click()
    assert fill_all(page)
    assert_harmless(page)


def test_files_that_were_taken_along_show_the_strings_as_text(page, folder):
    page.goto((folder / "head.svg").as_uri())
    texts = page.locator("text").evaluate_all("texts => texts.map((text) => text.textContent)")
    assert {token for token in TOKENS if len(token) < 15} <= set(texts)
    page.goto((folder / "page.html").as_uri())
    page.locator(".map[data-drawn]").wait_for()
    assert "<script>" in page.title()
