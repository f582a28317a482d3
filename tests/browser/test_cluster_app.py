"""The app before a cluster, as ``make cluster`` starts it: a picture by a worker, a lost cluster, and a clean end."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import open_page
from tests.browser.server import REPOSITORY, free_port, wait_until_healthy

START_SECONDS = 240


def stat(process: str) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def below(top: int) -> set[int]:
    """List all processes that a process started, and those that these did."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(place.name)] = int(stat(place.name)[1])
        except OSError:
            continue  # it ended meanwhile
    found, waiting = set(), [top]
    while waiting:
        of = waiting.pop()
        found.add(of)
        waiting += [process for process, parent in parents.items() if parent == of]
    return found - {top}


def is_running(process: int) -> bool:
    try:
        return stat(str(process))[0] != "Z"
    except OSError:
        return False


def name_of(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()


@pytest.fixture
def launched(tmp_path) -> Iterator[tuple[str, subprocess.Popen, Path]]:
    """Start a cluster with the app before it; gives its address, its process and its log.

    A shell that runs the tests in its background has them ignore Ctrl-C, and so what they start, unless they handle it.
    """
    of_shell = signal.signal(signal.SIGINT, signal.default_int_handler)
    port, log = free_port(), tmp_path / "log.txt"
    command = [sys.executable, "-m", "viz.cluster", "--server.port", str(port), "--server.address", "127.0.0.1"]
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    signal.signal(signal.SIGINT, of_shell)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(process, address, log, START_SECONDS)
        yield address, process, log
    finally:
        for child in below(process.pid):
            os.kill(child, signal.SIGKILL)
        process.kill()
        process.wait()


def ask(page, text: str) -> None:
    page.get_by_label("Sentence with [MASK]").fill(text)
    page.get_by_label("Sentence with [MASK]").press("Enter")
    expect(page).to_have_url(re.compile(text.split()[2]), timeout=60_000)
    expect(page.get_by_role("listitem").filter(has_text=text.split("[", maxsplit=1)[0].strip())).to_have_count(
        3, timeout=120_000
    )


def test_a_worker_answers_the_app_goes_on_without_it_and_nothing_is_left(page, launched):
    address, process, log = launched
    open_page(page, address)
    ask(page, "The old tortoise sleeps under the [MASK].")
    assert '"engine": "ray"' in log.read_text() and "is lost" not in log.read_text()

    app = next(child for child in below(process.pid) if "serve.py" in name_of(child))
    others = below(process.pid) - {app}
    for child in others:
        if any(name in name_of(child) for name in ("raylet", "gcs_server", "ray::")):
            os.kill(child, signal.SIGKILL)
    ask(page, "The young fox hides behind the [MASK].")
    assert "is lost" in log.read_text()

    started = below(process.pid) | others
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 130
    deadline = time.monotonic() + 10
    while any(map(is_running, started)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [name_of(child) for child in started if is_running(child)] == []
