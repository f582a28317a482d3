"""Photograph every page as a visitor sees it: phone, tablet and desk, light and dark, in every language.

``make shots`` writes ``shots/PAGE_LANGUAGE_THEME_WIDTH.png``, as high as the page, and for each page and language a
contact sheet, ``shots/sheets/PAGE_LANGUAGE.png``, to be looked over; ``make shots PAGES=masked_word LANGUAGES=ru``
takes some. Pages that can be scrolled sideways are named at the end, and the exit code is then 1.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import pages
from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.server import REPOSITORY, running_app

WIDTHS = (1440, 820, 390)  # from wide to narrow: the side bar folds up on the way, as on a phone
HIGHEST = 16_000  # px: Chromium draws no higher picture
SETTLES = 400  # ms in which what is laid out anew moves to its place
SHEET = 0.4  # of a shot's size
MARGIN, CAPTION = 12, 18


def main(words: list[str] | None = None) -> int:
    """Take the pictures that are asked for; gives 1 where a page can be scrolled sideways, else 0."""
    asked = _asked(words)
    asked.out.mkdir(parents=True, exist_ok=True)
    wide = []
    with _app() as app, _chromium() as browser:
        for name in asked.pages:
            for language in asked.languages:
                shots, sideways = shoot(browser, app, name, language, asked.out)
                wide += sideways
                (asked.out / "sheets").mkdir(exist_ok=True)
                contact_sheet(shots).save(asked.out / "sheets" / f"{name}_{language}.png")
                print(f"{name} {language}: {len(shots)} pictures", flush=True)
    for shot in wide:
        print(f"can be scrolled sideways: {shot}")
    return int(bool(wide))


def shoot(browser: Browser, app: str, name: str, language: str, out: Path) -> tuple[list[Path], list[str]]:
    """Photograph a page in a language; gives the files, and the names of those that can be scrolled sideways."""
    shots, sideways = [], []
    with browser.new_context(color_scheme="light", viewport={"width": WIDTHS[0], "height": 1000}) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        pages.open_answered(page, app, name, lang=language)
        for width in WIDTHS:
            for theme in pages.THEMES:
                pages.switch_theme(page, theme)
                _lay_out(page, width)
                shots.append(out / f"{name}_{language}_{theme}_{width}.png")
                page.screenshot(path=shots[-1], animations="disabled")
                sideways += [shots[-1].stem] if pages.grows_sideways(page) else []
    return shots, sideways


def contact_sheet(shots: list[Path]) -> Image.Image:
    """Put pictures beside each other, small, each under its name."""
    small = [_small(shot) for shot in shots]
    width = sum(image.width + MARGIN for image in small) + MARGIN
    height = max(image.height for image in small) + CAPTION + 2 * MARGIN
    sheet = Image.new("RGB", (width, height), "#888888")
    left = MARGIN
    for shot, image in zip(shots, small):
        ImageDraw.Draw(sheet).text((left, MARGIN // 2), shot.stem, "black")
        sheet.paste(image, (left, MARGIN + CAPTION))
        left += image.width + MARGIN
    return sheet


def _small(shot: Path) -> Image.Image:
    with Image.open(shot) as image:
        return image.convert("RGB").resize((round(image.width * SHEET), round(image.height * SHEET)), Image.LANCZOS)


def _lay_out(page: Page, width: int) -> None:
    """Give the page this width and all its height; a second time, for what has grown in the first."""
    for _time in range(2):
        pages.give_room(page, width, HIGHEST)
        page.wait_for_timeout(SETTLES)


@contextmanager
def _app() -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "log.txt", **pages.offer_run(Path(folder))) as address,
    ):
        yield address


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


def _asked(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make shots", description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="*", choices=pages.PAGES, metavar="PAGE")
    parser.add_argument("--languages", nargs="*", choices=list(pages.LANGUAGES), metavar="LANGUAGE")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "shots")
    asked = parser.parse_args(words)
    asked.pages = asked.pages or pages.PAGES
    asked.languages = asked.languages or list(pages.LANGUAGES)
    return asked


if __name__ == "__main__":
    sys.exit(main())
