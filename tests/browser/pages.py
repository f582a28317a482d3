"""List the app's pages, once, and open each as a visitor sees it, for the tests that walk them and `make shots`."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import settle
from tests.browser.server import REPOSITORY

PAGES = sorted(file.parent.name for file in (REPOSITORY / "pages").glob("*/page.py"))
(FIRST,) = re.findall(r'^FIRST_PAGE = "(\w+)"', (REPOSITORY / "pages/ui/visit.py").read_text(), re.M)
LANGUAGES = {"en": "English", "zh": "中文", "ru": "Русский"}
THEMES = ("light", "dark")

# Pages open with their example answered, but for these: what a visitor would have chosen there, and pressed.
RUN = "turtle.npz"
CHOSEN = {"models": {"model": "headlight-bert"}, "saved": {"run": RUN}}
PRESSED = {"models": '[data-testid="stBaseButton-secondaryFormSubmit"]'}

SHOWN = "theme => getComputedStyle(document.querySelector('.stApp')).colorScheme === theme"

NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SIDEWAYS = """() => [document.documentElement, document.querySelector('[data-testid="stMain"]')]
  .some((one) => one.scrollWidth > one.clientWidth)"""

CUT = """() => [...document.querySelectorAll('.stApp *')]
  .filter((one) => getComputedStyle(one).textOverflow === 'ellipsis' && one.scrollWidth > one.clientWidth + 1)
  .filter((one) => one.offsetParent && one.clientWidth && !one.closest('[data-collapsed="true"]'))
  .map((one) => one.innerText.trim()).filter(Boolean)"""


def address(app: str, name: str, **query: str) -> str:
    """Give the address of a page; the first one's is the server's own."""
    path = f"{app}/{'' if name == FIRST else name}"
    return f"{path}?{urlencode(query)}" if query else path


def offer_run(folder: Path) -> dict[str, str]:
    """Save a run, and give the setting by which a server offers it."""
    command = [sys.executable, "-m", "viz", "The turtle moves slow across the [MASK].", "--run", str(folder / RUN)]
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    return {"HEADLIGHT_RUNS": str(folder)}


def open_answered(page: Page, app: str, name: str, **query: str) -> None:
    """Open a page with all that it has to show, on a server that offers a run."""
    page.goto(address(app, name, **CHOSEN.get(name, {}), **query))
    wait_until_drawn(page)
    if name in PRESSED:
        page.locator(PRESSED[name]).first.click()
        wait_until_drawn(page)


def wait_until_drawn(page: Page) -> None:
    """Wait until a page has its title and nothing more is on its way."""
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    settle(page)
    page.wait_for_load_state("networkidle")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    settle(page)


def give_room(page: Page, width: int, highest: int) -> None:
    """Make the window as high as the page, at most so many pixels, so that nothing is scrolled away."""
    page.set_viewport_size({"width": width, "height": 1000})
    high = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(high + 20, highest)})
    settle(page)


def switch_theme(page: Page, theme: str) -> None:
    """Show an open page in light or dark, as the reader's system would ask; nothing is loaded anew."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function(SHOWN, arg=theme)
    settle(page)


def choose_option(page: Page, field: Locator, name: str | re.Pattern[str]) -> None:
    """Open a list of an open page, and choose from it."""
    field.scroll_into_view_if_needed()
    page.evaluate(NEXT_FRAME)  # a list that has just opened closes as what is around it is scrolled
    field.click()
    page.get_by_role("option", name=name).click()


def switch_language(page: Page, code: str) -> None:
    """Choose a language in the side bar of an open page; nothing is loaded anew."""
    choose_option(page, page.get_by_test_id("stSidebar").get_by_role("combobox"), LANGUAGES[code])
    expect(page.locator(f'html[lang^="{code}"]')).to_have_count(1)
    wait_until_drawn(page)


def grows_sideways(page: Page) -> bool:
    """Tell whether a page can be scrolled sideways."""
    return page.evaluate(SIDEWAYS)


def cut_labels(page: Page) -> list[str]:
    """List the labels that end in dots because their place is too narrow; those of a folded menu are not seen."""
    return page.evaluate(CUT)
