"""Whoever clicks while a fresh server first draws the page, which takes seconds, keeps what was typed."""

from playwright.sync_api import expect

from tests.browser.conftest import settle
from tests.browser.server import free_port, started_app

PAGE = """
import time
from dataclasses import dataclass
from typing import ClassVar

import streamlit as st

from pages.ui import media, visit
from pages.ui.question import Field, Question, submit


@dataclass(frozen=True, slots=True)
class Typed(Question):
    NAME: ClassVar = "typed"
    FIELDS: ClassVar = (Field("text", "typed_text", "text"),)
    text: str = "the example"


class Page:
    url_path = "typed"

    def run(self):
        st.title("Slow")
        for step in range(30 if "was_drawn" not in st.session_state else 0):  # as long as loading takes
            time.sleep(0.1)
            st.text(f"loading {step}")  # a click breaks the run off here
        Typed.current().fill()
        with st.form("form"):
            st.text_input("Text", key="typed_text")
            submit(st, "Run", Typed.take)
        st.text(f"asked: {Typed.current().text}")
        st.session_state["was_drawn"] = True


media.fit()
visit.draw(Page())
"""


def test_a_click_before_a_fresh_server_has_drawn_the_page_asks_what_was_typed(page, tmp_path):
    script, log, port = tmp_path / "slow.py", tmp_path / "log.txt", free_port()
    script.write_text(PAGE)
    field, run = page.get_by_label("Text"), page.get_by_role("button", name="Run")
    with started_app(log, script, port=port) as (address, process):
        page.goto(address)
        expect(page.get_by_text("asked: the example")).to_be_visible(timeout=60_000)
        settle(page)
        field.fill("mine")
        process.kill()
        process.wait()
        expect(field).to_be_disabled()
    with started_app(log, script, port=port):
        expect(page.get_by_text("loading 2", exact=True)).to_be_visible(timeout=60_000)
        run.click()
        expect(page.get_by_text("asked: mine")).to_be_visible(timeout=60_000)
        expect(field).to_have_value("mine")
