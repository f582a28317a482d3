"""A reader whose language has a catalogue sees its words and its way of writing numbers; the others see English."""

import re

import pytest

from tests import catalogues
from tests.conftest import REPOSITORY
from tests.pages.driver import assert_no_failure, messages, open_app

PAGES = sorted(file.parent.name for file in (REPOSITORY / "pages").glob("*/page.py"))

ENGLISH = "Probabilities are over the whole vocabulary of {n:,} words and pieces."
RUSSIAN = "Вероятности — по всему словарю из {n:,} слов и частей слов."


def test_the_language_of_the_address_is_spoken(speak, tmp_path):
    catalogues.write(tmp_path, "ru", {ENGLISH: RUSSIAN})
    said = {language: messages(open_app(lang=language).caption) for language in ("ru", "en", "fr")}
    assert RUSSIAN.replace("{n:,}", "12\xa0288") in said["ru"]
    assert ENGLISH.replace("{n:,}", "12,288") in said["en"]
    assert ENGLISH.replace("{n:,}", "12,288") in said["fr"]


def test_what_a_map_is_said_to_show_has_numbers_in_the_readers_language(speak, tmp_path):
    catalogues.write(tmp_path, "ru", {ENGLISH: RUSSIAN})
    app = open_app(lang="ru")
    assert any("slow: 1,00 at moves" in message for message in messages(app.markdown))


@pytest.mark.parametrize("page", PAGES)
def test_another_language_may_be_chosen_on_every_page(page):
    app = open_app(f"pages/{page}/page.py")
    app.selectbox(key="lang").set_value("zh").run()  # once: AppTest itself does not know a list's labels anew
    assert_no_failure(app)
    assert app.query_params["lang"] in ("zh", ["zh"])
    assert any("术语表" in messages([caption])[0] for caption in app.caption) or page in ("start", "glossary")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_in_russian_whose_numbers_and_plurals_are_the_hardest(page):
    app = open_app(f"pages/{page}/page.py", lang="ru")
    assert any(re.search("[а-я]", title.value) for title in app.title) or page == "start"
