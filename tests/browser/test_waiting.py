"""Whoever waits for the model sees their place in line, and a question that was typed over leaves it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle
from tests.browser.server import running_app

PAGE = """
import os, threading, time
from contextlib import ExitStack
from pathlib import Path

import streamlit as st

from pages.ui import guard, media
from viz.engine.line import passes
from viz.engine.local import engine
from viz.engine.requests import Ask

GO_ON = Path({go_on!r})


@st.cache_resource
def hold_every_place():
    def hold():
        with ExitStack() as held:
            for _place in range(os.cpu_count() or 1):
                held.enter_context(passes)
            taken.set()
            while not GO_ON.exists():
                time.sleep(0.05)

    taken = threading.Event()
    threading.Thread(target=hold, daemon=True).start()
    taken.wait()
    return True


hold_every_place()
media.fit()
with guard.page():
    text = st.text_input("Text", "the first [MASK]")
    run = engine.ask(Ask("headlight-bert", (text,)))
    st.text(f"answered: {{run.batch.texts[0]}}")
    with st.container(border=True):
        st.radio("Which", ["this", "that"], key="which")
st.text(f"{{passes.n_waiting}} wait")
"""


@pytest.fixture
def go_on(tmp_path):
    return tmp_path / "go on"


@pytest.fixture
def address(tmp_path, go_on):
    (tmp_path / "waits.py").write_text(PAGE.format(go_on=str(go_on)))
    with running_app(tmp_path / "log.txt", tmp_path / "waits.py") as address:
        yield address


def test_the_place_in_line_is_shown_and_what_was_typed_over_leaves_it(page, browser, address, go_on):
    place = page.get_by_text(re.compile("you are number . in line"))
    page.goto(address)
    expect(place).to_have_text("Others are asking too: you are number 1 in line.", timeout=60_000)
    other = browser.new_context().new_page()
    other.goto(address)
    other.get_by_label("Text").fill("another [MASK]")
    other.get_by_label("Text").press("Enter")
    expect(other.get_by_text("you are number 2 in line")).to_be_visible(timeout=60_000)
    page.get_by_label("Text").fill("the second [MASK]")
    page.get_by_label("Text").press("Enter")
    expect(place).to_have_text("Others are asking too: you are number 2 in line.")  # the first question left the line
    go_on.write_text("")
    for seen, text in ((page, "the second [MASK]"), (other, "another [MASK]")):
        expect(seen.get_by_text(f"answered: {text}")).to_be_visible()
        expect(seen.get_by_text("in line")).to_have_count(0)
        expect(seen.get_by_text("0 wait")).to_be_visible()
    other.context.close()


def test_what_stands_below_stays_when_nobody_waits_any_more(page, address, go_on):
    """A browser builds anew what is drawn further up than before: the keyboard would lose its place there."""
    page.goto(address)
    expect(page.get_by_text("you are number 1 in line")).to_be_visible(timeout=60_000)
    go_on.write_text("")
    expect(page.get_by_text("0 wait")).to_be_visible()
    below = page.get_by_test_id("stVerticalBlock").filter(has=page.get_by_role("radio")).last
    below.evaluate("element => element.dataset.mark = 'of before'")
    below.get_by_role("radio", name="this").focus()
    page.keyboard.press("ArrowDown")
    expect(below.get_by_role("radio", name="that")).to_be_checked()
    settle(page)
    expect(below).to_have_attribute("data-mark", "of before")
    expect(below.get_by_role("radio", name="that")).to_be_focused()
