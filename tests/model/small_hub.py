"""Serve folders on loopback as the Hub does: a server of the few endpoints a download asks for.

It runs in threads of the test's process; the program under test runs in a process of its own with ``HF_ENDPOINT``.
"""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

from tests.conftest import REPOSITORY

COMMIT = "0123456789abcdef0123456789abcdef01234567"

FIND = """
import sys
from viz.engine import hub
from viz.errors import VizError
try:
    print("found", hub.revision(hub.find(sys.argv[1])))
except VizError as error:
    print(type(error).__name__, error)
"""

# Look for a model, then ask the same silent server with the library's own client, which may bring another limit.
ASK = """
import os, sys, time
import httpx2
from huggingface_hub import get_session
from viz.engine import hub, hub_client
from viz.errors import HubUnreachable
hub_client.CONNECT_SECONDS, hub_client.READ_SECONDS = 0.5, 0.8
try:
    hub.find("nobody/nothing")
except HubUnreachable:
    pass
started = time.monotonic()
try:
    get_session().get(os.environ["HF_ENDPOINT"], timeout=None if sys.argv[1] == "None" else float(sys.argv[1]))
except httpx2.TimeoutException as error:
    print(type(error).__name__, time.monotonic() - started)
"""

# Look for a model with limits that a test can wait for.
FIND_SOON = "from viz.engine import hub_client\nhub_client.CONNECT_SECONDS, hub_client.READ_SECONDS = 0.5, 0.8" + FIND

# Look for a model with a name server that never answers: no test can set one up, so a look-up that sleeps plays it.
FIND_WITHOUT_NAMES = """
import socket, sys, time
from viz.engine import hub
from viz.errors import HubUnreachable
socket.getaddrinfo = lambda *_, **__: time.sleep(60)
started = time.monotonic()
try:
    hub.find(sys.argv[1])
except HubUnreachable:
    print(time.monotonic() - started)
"""

LOAD = """
import sys
from viz.engine.models import load_model
info = load_model(sys.argv[1]).info
print("loaded", info.weights, info.n_layers, info.n_heads, info.revision)
"""


@dataclass
class Manners:
    """Say how a server sends the contents of files."""

    cut_after: int | None = None  # closes a connection after so many bytes …
    n_cuts: int = 1000  # … so many times
    per_second: int | None = None  # bytes
    wrong: bool = False  # sends other bytes of the same number
    too_much: bool = False  # sends more bytes than it announced
    whole: bool = False  # knows no ranges
    bare: bool = False  # describes files by name alone
    refused: int | None = None  # the status of every file
    elsewhere: "Hub | None" = None  # the host that has the weights


class Hub(ThreadingHTTPServer):
    """Hold what the server answers: repositories by id, a status for all others, and the requests it has seen.

    At a path with ``silent_at`` in it it never answers; at one with ``trickle_at`` byte by byte.
    """

    def __init__(
        self,
        repositories: dict[str, Path],
        status: int = 404,
        headers: dict[str, str] | None = None,
        *,
        content: bytes = b"{}",
        silent_at: str | None = None,
        trickle_at: str | None = None,
        manners: Manners | None = None,
    ):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories, self.status, self.headers = repositories, status, headers or {}
        self.content, self.silent_at, self.trickle_at = content, silent_at, trickle_at
        self.manners = manners or Manners()
        self.seen: list[str] = []
        self.tokens: list[str | None] = []  # of each request
        self.ranges: list[str] = []  # that weights were asked for, in order
        self.n_sent: Counter[str] = Counter()  # bytes by name of the file
        self.closing = Event()  # ends the silence

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_):
        """Keep the test's output clean: those who are broken off hang up."""


class Handler(BaseHTTPRequestHandler):
    """Answer ``/api/models/<id>…`` and ``/<id>/resolve/<revision>/<file>``."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def do_GET(self):
        self._answer(body=True)

    def do_HEAD(self):
        self._answer(body=False)

    def log_message(self, *_):
        """Keep the test's output clean."""

    def _answer(self, body: bool) -> None:
        path = self.path.split("?")[0]
        hub = self.server
        hub.seen.append(f"{self.command} {path}")
        hub.tokens.append(self.headers.get("Authorization"))
        if hub.silent_at is not None and hub.silent_at in path:
            hub.closing.wait()
            self.close_connection = True
            return None
        if hub.trickle_at is not None and hub.trickle_at in path:
            return self._trickle()
        for name, folder in hub.repositories.items():
            if path.startswith(f"/api/models/{name}"):
                return self._send(200, json.dumps(_description(name, folder, hub.manners.bare)).encode(), body, {})
            if path.startswith((f"/{name}/resolve/", f"/elsewhere/{name}/")):
                return self._file(folder / path.rsplit("/", 1)[1], body, name)
        return self._send(hub.status, hub.content, body, hub.headers)

    def _file(self, file: Path, body: bool, name: str) -> None:
        """Send a file, or the rest of it, as this server does."""
        manners = self.server.manners
        if manners.refused is not None:
            return self._send(manners.refused, b"", body, self.server.headers)
        content, weights = file.read_bytes(), file.suffix == ".safetensors"
        headers = {"ETag": f'"{_checksum(file)}"', "X-Repo-Commit": COMMIT}
        if weights and manners.elsewhere is not None:
            there = f"{manners.elsewhere.endpoint}/elsewhere/{name}/{file.name}"
            linked = {"Location": there, "X-Linked-Size": str(len(content)), "X-Linked-Etag": headers.pop("ETag")}
            return self._send(302, b"", body, headers | linked)
        asked, begun = self.headers.get("Range"), 0
        if weights:
            self.server.ranges.append(asked or "")
        if asked and not manners.whole:
            begun = int(asked.removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {begun}-{len(content) - 1}/{len(content)}"
        if manners.wrong and weights:
            content = content[::-1]
        if manners.too_much and weights:
            content += content
        return self._send(206 if begun else 200, content[begun:], body, headers, file.name)

    def _send(self, status: int, content: bytes, body: bool, headers: dict[str, str], name: str = "") -> None:
        self.send_response(status)
        for header, value in (
            {"Content-Length": str(len(content)), "Content-Type": "application/json"} | headers
        ).items():
            self.send_header(header, value)
        self.end_headers()
        if not body:
            return
        if not name.endswith(".safetensors"):
            self.wfile.write(content)
            return
        manners = self.server.manners
        cuts = manners.cut_after is not None and manners.n_cuts > 0
        left = content[: manners.cut_after] if cuts else content
        step = len(left) if manners.per_second is None else max(1, manners.per_second // 10)
        while left and not self.server.closing.is_set():
            self.wfile.write(left[:step])
            self.server.n_sent[name] += len(left[:step])
            left = left[step:]
            if manners.per_second is not None:
                time.sleep(0.1)
        if cuts and len(content) > (manners.cut_after or 0):
            manners.n_cuts -= 1
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _trickle(self) -> None:
        """Begin an answer that never ends."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not self.server.closing.wait(0.2):
            self.wfile.write(b"x")
        self.close_connection = True


def _checksum(file: Path) -> str:
    """Give SHA-256 of what lies in large storage, else the SHA-1 that git gives a file."""
    content = file.read_bytes()
    if file.suffix == ".safetensors":
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _description(name: str, folder: Path, bare: bool) -> dict:
    described = {"_id": "1", "id": name, "modelId": name, "sha": COMMIT, "private": False, "tags": []}
    return described | {"siblings": [_sibling(file, bare) for file in sorted(folder.iterdir())]}


def _sibling(file: Path, bare: bool) -> dict:
    if bare:
        return {"rfilename": file.name}
    size = file.stat().st_size
    if file.suffix != ".safetensors":
        return {"rfilename": file.name, "size": size, "blobId": _checksum(file)}
    lfs = {"size": size, "sha256": _checksum(file), "pointerSize": 134}
    return {"rfilename": file.name, "size": size, "blobId": "0" * 40, "lfs": lfs}


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve in a thread inside the block."""
    thread = Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        hub.shutdown()
        hub.server_close()
        thread.join()


@contextmanager
def silent_server() -> Iterator[str]:
    """Give the address of a server that accepts every connection and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def answer_of(program: str, checkpoint: str, home: Path, **environment: str) -> tuple[str, float]:
    """Run a program in a process of its own whose cache is in ``home``; give what it prints and its seconds."""
    base = {"HF_HOME": str(home), "HOME": str(home), "PATH": os.defpath, "TOKENIZERS_PARALLELISM": "false"}
    started = time.monotonic()
    command = [sys.executable, "-c", program, checkpoint]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=REPOSITORY, env=base | environment, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), time.monotonic() - started
