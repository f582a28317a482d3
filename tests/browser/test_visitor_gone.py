"""A browser that is gone in the middle of a run: the work is dropped, what was held for it is freed, others go on."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.census import Census, Held
from tests.browser.conftest import open_page
from tests.browser.server import started_app
from tests.browser.test_server_routes import counted, get

N_SENTENCES = 300
TTL = 1  # seconds a server keeps the session of a browser that is gone, in case it comes back


def wait_until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture
def census(tmp_path):
    return Census(tmp_path)


@pytest.fixture
def server(tmp_path, census):
    with started_app(
        tmp_path / "log.txt",
        HEADLIGHT_METRICS="1",
        STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL=str(TTL),
        **census.environment,
    ) as started:
        yield started
    assert "Traceback" not in (tmp_path / "log.txt").read_text()


def boards(address: str) -> dict[str, float]:
    """Count the boards that were asked for, by what became of them; what waits in line is ``""``."""
    text = get(f"{address}/metrics")[1]
    asked = {
        answer: counted(text, f'headlight_requests_total{{answer="{answer}",request="Measure"}}')
        for answer in ("made", "given up")
    }
    return asked | {"": counted(text, "headlight_waiting")}


def test_who_leaves_in_the_middle_of_a_long_work_ends_it_and_leaves_nothing(page, browser: Browser, server, census):
    address, process = server
    leaves = browser.new_context().new_page()
    leaves.goto(f"{address}/board")
    sentence = " ".join(["the old turtle moves slow across the road"] * 13)
    leaves.get_by_label("Texts, one a line").fill("\n".join(f"{sentence} number {n}" for n in range(N_SENTENCES)))
    leaves.get_by_role("button", name="Measure").click()
    expect(leaves.get_by_text(f"Measuring {N_SENTENCES} texts")).to_be_visible(timeout=60_000)
    before = boards(address)
    leaves.context.close()
    open_page(page, address)  # the next one is answered
    wait_until(lambda: boards(address) == before | {"given up": before["given up"] + 1})
    wait_until(lambda: census.of(process) == Held(sessions=1, texts=[], works=0))  # the one that is open
