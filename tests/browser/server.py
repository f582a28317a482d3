"""Start the real app on a free port and wait until it answers."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 120
LOCAL = "127.0.0.1"
LOGGED = 4_000  # characters of a log that a failing test shows
_logs: list[Path] = []  # of the servers that were started, for what a page names by a number only


def logged(message: str) -> str:
    """Give what stands in a log of the numbers of six signs in a message, to be read beside it."""
    numbers = re.findall(r"\b[0-9a-f]{6}\b", message)
    texts = [log.read_text(errors="replace") for log in _logs if log.exists()]
    found = [text[text.index(f"error {number}") :] for number in numbers for text in texts if f"error {number}" in text]
    return "\n".join([message, *(text[:LOGGED] for text in found)])


def free_port() -> int:
    """Ask the system for a port nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def copy_without_languages(place: Path) -> Path:
    """Copy the app, all but its catalogues; large files are linked."""
    (place / "assets").mkdir(parents=True)
    for part in ("pages", "viz", ".streamlit"):
        shutil.copytree(REPOSITORY / part, place / part)
    for file in REPOSITORY.glob("*.py"):
        shutil.copy(file, place)
    for part in (REPOSITORY / "assets").iterdir():
        if part.name != "locale":
            (place / "assets" / part.name).symlink_to(part)
    return place


@contextmanager
def running_app(
    log: Path, script: Path | None = None, bound: str = LOCAL, folder: Path = REPOSITORY, **environment: str
) -> Iterator[str]:
    """Run the app as ``make app`` does, or another script, as a process of its own; gives its address.

    Only this computer reaches it, so that its visitors are trusted, unless it is bound to another address.
    """
    with started_app(log, script, bound, folder, **environment) as (address, _process):
        yield address


@contextmanager
def started_app(
    log: Path,
    script: Path | None = None,
    bound: str = LOCAL,
    folder: Path = REPOSITORY,
    port: int | None = None,
    **environment: str,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the app as ``running_app`` does, at a port of its own or this one; gives its address and its process."""
    port = port or free_port()
    start = ["serve.py"] if script is None else ["-m", "streamlit", "run", str(script)]
    command = [sys.executable, *start, "--server.port", str(port), "--server.address", bound]
    variables = {**os.environ, "HF_HUB_OFFLINE": "1", **environment}
    _logs.append(log)
    with log.open("a") as output:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until_healthy(process, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_healthy(process: subprocess.Popen, address: str, log: Path, seconds: float = START_SECONDS) -> None:
    """Wait until a server answers; raises ``RuntimeError`` where it ends, ``TimeoutError`` after some seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the app stopped while starting:\n{log.read_text()}")
        try:
            if urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).read() == b"ok":
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"the app did not answer within {seconds} s:\n{log.read_text()}")
