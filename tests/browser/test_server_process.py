"""The server as a process: a port that is taken, being told to stop, being killed while somebody looks at a page."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import open_page, settle
from tests.browser.server import REPOSITORY, free_port, started_app

SERVE = [sys.executable, "serve.py", "--server.address", "127.0.0.1", "--server.port"]
TYPED = "The old turtle sleeps under the [MASK]."


def test_a_port_in_use_is_named_with_another_to_choose():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*SERVE, str(port)], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"Port {port} is in use on this computer")
    assert f"make app PORT={port + 1}, or python serve.py --server.port {port + 1}" in done.stderr


def test_a_port_that_is_none_is_refused():
    done = subprocess.run([*SERVE, "99999"], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("There is no port 99999.")


def children(of: int) -> list[str]:
    """List the processes that a process started and that are still there."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == of:
            found.append(status.parent.name)
    return found


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_stop_leaves_nothing_running(page, tmp_path, told):
    log = tmp_path / "log.txt"
    with started_app(log) as (address, process):
        open_page(page, address)  # somebody is looking, torch is loaded
        started = children(process.pid)
        process.send_signal(told)
        assert process.wait(15) is not None
    assert "Traceback" not in log.read_text()
    assert [child for child in started if Path("/proc", child).exists()] == []
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections may linger, no listener
        listener.bind(("127.0.0.1", int(address.rsplit(":", 1)[1])))


def serve(port: int, log: Path) -> subprocess.Popen:
    with log.open("a") as output:
        variables = {**os.environ, "HF_HUB_OFFLINE": "1"}
        process = subprocess.Popen([*SERVE, str(port)], cwd=REPOSITORY, env=variables, stdout=output, stderr=output)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise TimeoutError(log.read_text())


def test_a_page_comes_back_with_its_text_when_the_server_was_killed_and_started_again(page, tmp_path):
    port, log = free_port(), tmp_path / "log.txt"
    process = serve(port, log)
    try:
        open_page(page, f"http://127.0.0.1:{port}/masked_word?head=Layer2_Head5")
        field = page.get_by_label("Sentence with [MASK]")
        field.fill(TYPED)
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_text("The old turtle sleeps under the").first).to_be_visible()
        settle(page)
        field.fill(TYPED.replace("old", "young"))  # not asked yet
        process.kill()
        process.wait()
        expect(field).to_be_disabled(timeout=60_000)
        expect(page.get_by_text("The old turtle sleeps under the").first).to_be_visible()  # the last answer stays
        process = serve(port, log)
        expect(field).to_be_enabled(timeout=60_000)
        expect(field).to_have_value(TYPED.replace("old", "young"))
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_text("The young turtle sleeps under the").first).to_be_visible(timeout=60_000)
        expect(page.locator(".st-key-head_map .gtitle")).to_have_text(["Layer2_Head5 · L1H4"])
    finally:
        process.kill()
        process.wait()
