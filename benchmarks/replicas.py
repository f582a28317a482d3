"""Two replicas behind nginx: how long a page is away whose replica is killed, by how nginx takes a failure.

Also what a replica costs whose computer is silent (here: a port where nobody takes calls), and bytes of a first visit.
"""

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.replicas import Replicas, get, running_replicas

AS_IT_IS = "max_fails=1 fail_timeout=1s"
TRIED = ("max_fails=0", AS_IT_IS, "max_fails=1 fail_timeout=10s")
TIMES = 3
REQUESTS = 30  # of a first visit, about


def main() -> None:
    """Measure each way to hold a failure against a replica."""
    with tempfile.TemporaryDirectory() as folder, running_replicas(Path(folder)) as replicas:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            for tried in TRIED:
                replicas.stop_nginx()
                replicas.start_nginx((AS_IT_IS, tried))
                one = [_one_is_killed(browser, replicas) for _time in range(TIMES)]
                both = [_both_are_killed(browser, replicas) for _time in range(TIMES)]
                print(
                    f"{tried}: one killed, {_said(one)}; both killed, after one is there again {_said(both)}",
                    flush=True,
                )
            print(f"first visit: {_bytes(browser, replicas.address):.1f} MB through nginx", end=", ")
            print(f"{_bytes(browser, replicas.direct('1')):.1f} MB without")
        with _silent() as port:
            for tried in TRIED:
                replicas.stop_nginx()
                replicas.start_nginx((AS_IT_IS, tried), (f"127.0.0.1:{replicas.ports['1']} ", f"127.0.0.1:{port} "))
                taken = [_timed(lambda: get(replicas.address)) for _request in range(REQUESTS)]
                print(f"{tried}: one silent, {REQUESTS} requests take {sum(taken):.1f} s, the slowest {max(taken):.1f}")


def _said(seconds: list[float]) -> str:
    return f"median {median(seconds):.2f} s, slowest {max(seconds):.2f}"


def _timed(do) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


@contextmanager
def _page(browser: Browser, replicas: Replicas) -> Iterator[Page]:
    while get(replicas.address)[0] != 200:  # of two that were killed, nginx may still think both are gone
        time.sleep(0.1)
    page = browser.new_context().new_page()
    page.goto(f"{replicas.address}/saved")
    expect(_uploader(page)).to_be_enabled(timeout=60_000)
    yield page
    page.context.close()


def _uploader(page: Page):
    return page.get_by_test_id("stFileUploader").get_by_role("button").first


def _one_is_killed(browser: Browser, replicas: Replicas) -> float:
    with _page(browser, replicas) as page:
        (number,) = [c.get("value", "") for c in page.context.cookies() if c.get("name") == "headlight_replica"]
        replicas.kill(number)
        started = time.perf_counter()
        expect(_uploader(page)).to_be_disabled(timeout=60_000)
        expect(_uploader(page)).to_be_enabled(timeout=60_000)
        taken = time.perf_counter() - started
    replicas.start(number)
    return taken


def _both_are_killed(browser: Browser, replicas: Replicas) -> float:
    with _page(browser, replicas) as page:
        for number in replicas.ports:
            replicas.kill(number)
        expect(_uploader(page)).to_be_disabled(timeout=60_000)
        replicas.start("1")
        started = time.perf_counter()
        expect(_uploader(page)).to_be_enabled(timeout=60_000)
        taken = time.perf_counter() - started
    replicas.start("2")
    return taken


def _bytes(browser: Browser, address: str) -> float:
    """Give the MB of a first visit, as they travel."""
    page = browser.new_context().new_page()
    arrived: list[float] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: arrived.append(event["encodedDataLength"]))
    page.goto(f"{address}/masked_word")
    page.get_by_label("Put another word in place of").wait_for(timeout=60_000)
    page.context.close()
    return sum(arrived) / 1e6


@contextmanager
def _silent() -> Iterator[int]:
    """Give a port whose line of callers is full: another one hears nothing, as from a computer that is off."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        callers = [socket.socket() for _caller in range(4)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        yield port
        for caller in callers:
            caller.close()


if __name__ == "__main__":
    main()
