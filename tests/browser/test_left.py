"""Who has left a real server leaves nothing behind, and nobody uploads more than may be kept.

Visitors come over the app's own protocol, without a browser; what Streamlit holds stands in its own metrics.
"""

import asyncio
import re
import time
import urllib.error
import urllib.request
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from benchmarks import process
from benchmarks.sessions import Visitor
from tests.browser.server import started_app

MB = 10**6
SENTENCES = ("She is reading a [MASK].", "The [MASK] is red.", "The turtle moves [MASK].")
SETTINGS: dict[str, Any] = {
    "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "2",
    "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "false",
    "HEADLIGHT_KEPT_FILES_MB": "30",
    "HEADLIGHT_KEPT_FILES_EACH_MB": "12",
    "HEADLIGHT_LOG": "0",
}

Result = TypeVar("Result")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Give the address and the process of a server with room for few files, where one who left is gone in 2 s."""
    with started_app(tmp_path_factory.mktemp("left") / "log.txt", **SETTINGS) as (address, running):
        yield address, running.pid


def visitor(address: str) -> Visitor:
    return Visitor(address.replace("http", "ws") + "/_stcore/stream")


def done(coming: Coroutine[Any, Any, Result]) -> Result:
    """Run to its end in a thread of its own: in this one Playwright's loop may be running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coming).result()


def uploaded(address: str) -> int:
    """Give how many bytes of uploads Streamlit holds."""
    said = urllib.request.urlopen(f"{address}/_stcore/metrics", timeout=10).read().decode()
    return sum(
        int(size) for size in re.findall(r'^cache_memory_bytes\{cache_type="UploadedFileManager".*\} (\d+)', said, re.M)
    )


def upload(address: str, session: str, n_bytes: int, name: str) -> int:
    """Send a file as a browser does; gives the status."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.npz"\r\n\r\n' + bytes(n_bytes) + b"\r\n--x--\r\n"
    )
    request = urllib.request.Request(f"{address}/_stcore/upload_file/{session}/{name}", body, method="PUT")
    request.add_header("Content-Type", "multipart/form-data; boundary=x")
    try:
        return urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_nobody_uploads_more_than_may_be_kept_and_what_was_uploaded_goes_with_its_session(server):
    address, _pid = server

    async def come_and_go() -> None:
        visitors = [visitor(address) for _number in range(4)]
        for one in visitors:
            await one.open()
        first, *others = [one.session for one in visitors]
        assert upload(address, first, 8 * MB, "a") == 204 == upload(address, first, 3 * MB, "b")
        assert upload(address, first, 2 * MB, "c") == 413  # 13 of 12 MB
        assert upload(address, others[0], 10 * MB, "a") == 204
        assert upload(address, others[1], 10 * MB, "a") == 413  # 31 of 30 MB
        assert upload(address, others[1], 8 * MB, "a") == 204
        assert uploaded(address) == 29 * MB
        for one in visitors:
            await one.connection.close()

    done(come_and_go())
    until = time.monotonic() + 20
    while uploaded(address) and time.monotonic() < until:
        time.sleep(0.5)
    assert uploaded(address) == 0  # nobody else came or left meanwhile


def test_classes_that_come_and_go_do_not_make_the_server_grow(server):
    address, pid = server

    async def come_and_go() -> float:
        visitors = [visitor(address) for _number in range(15)]
        for one in visitors:
            await one.open()
            for sentence in SENTENCES:
                await one.ask(sentence)
        taken = process.megabytes(pid)
        for one in visitors:
            await one.connection.close()
        await asyncio.sleep(4)
        return taken

    first, *later = [done(come_and_go()) for _class in range(5)]
    assert max(later) < first * 1.03, (first, later)
