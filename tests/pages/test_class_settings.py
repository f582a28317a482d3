"""Every page opens answered under the settings for a class, and its forms name the limits that are set."""

import os

import pytest

from pages.board.form import BoardQuestion
from pages.positions.form import PositionQuestion
from tests.conftest import REPOSITORY
from tests.pages.driver import messages, open_app
from viz import settings
from viz.errors import TooManyPrompts

PAGES = sorted(file.parent.name for file in (REPOSITORY / "pages").glob("*/page.py"))


@pytest.fixture
def class_settings(monkeypatch):
    """Set what ``deploy/class.env`` sets, and nothing else."""
    for name in list(os.environ):
        if name.startswith(settings.PREFIX):
            monkeypatch.delenv(name)
    for line in (REPOSITORY / "deploy" / "class.env").read_text().splitlines():
        if line and not line.startswith("#"):
            monkeypatch.setenv(*line.split("=", 1))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_under_the_settings_for_a_class(page, class_settings):
    app = open_app(f"pages/{page}/page.py")
    assert messages(app.error) == []


def test_forms_name_the_limits_that_are_set(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_PROMPTS", "7")
    monkeypatch.setenv("HEADLIGHT_MAX_NEW_TOKENS", "55")
    app = open_app("pages/batch/page.py")
    assert app.text_area(key="batch_text").label == "Prompts, one a line (up to 7)"
    assert app.number_input(key="max_new_tokens").max == 55


@pytest.mark.parametrize("question", [BoardQuestion, PositionQuestion])
def test_as_many_texts_as_are_set_are_measured(question, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_MAX_TEXTS", "5")
    assert len(of_texts(question, 5)) == 5
    with pytest.raises(TooManyPrompts, match="There are 6 prompts; at most 5"):
        of_texts(question, 6)


def of_texts(question: type, n: int) -> tuple[str, ...]:
    """Give the texts of a page's question about so many lines."""
    text = "\n".join(["the cat"] * n)
    return question(text=text).texts
