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
from collections.abc import Iterator
from contextlib import contextmanager
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
from viz.engine import hub
from viz.errors import HubUnreachable
hub.CONNECT_SECONDS, hub.READ_SECONDS = 0.5, 0.8
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
FIND_SOON = "from viz.engine import hub\nhub.CONNECT_SECONDS, hub.READ_SECONDS = 0.5, 0.8" + FIND

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


class Hub(ThreadingHTTPServer):
    """Hold what the server answers: repositories by id, a status for all others, and the requests it has seen.

    At a path with ``silent_at`` in it it never answers.
    """

    def __init__(
        self,
        repositories: dict[str, Path],
        status: int = 404,
        headers: dict[str, str] | None = None,
        *,
        content: bytes = b"{}",
        silent_at: str | None = None,
    ):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories, self.status, self.headers = repositories, status, headers or {}
        self.content, self.silent_at = content, silent_at
        self.seen: list[str] = []
        self.closing = Event()  # ends the silence

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answer ``/api/models/<id>…`` and ``/<id>/resolve/<revision>/<file>``."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer(body=True)

    def do_HEAD(self):
        self._answer(body=False)

    def log_message(self, *_):
        """Keep the test's output clean."""

    def _answer(self, body: bool) -> None:
        path = self.path.split("?")[0]
        self.server.seen.append(f"{self.command} {path}")
        if self.server.silent_at is not None and self.server.silent_at in path:
            self.server.closing.wait()
            self.close_connection = True
            return None
        for name, folder in self.server.repositories.items():
            if path.startswith(f"/api/models/{name}"):
                return self._send(200, json.dumps(_description(name, folder, path)).encode(), body, {})
            if path.startswith(f"/{name}/resolve/"):
                content = (folder / path.rsplit("/", 1)[1]).read_bytes()
                etag = f'"{hashlib.sha1(content).hexdigest()}"'
                return self._send(200, content, body, {"ETag": etag, "X-Repo-Commit": COMMIT})
        return self._send(self.server.status, self.server.content, body, self.server.headers)

    def _send(self, status: int, content: bytes, body: bool, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (
            {"Content-Length": str(len(content)), "Content-Type": "application/json"} | headers
        ).items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


def _description(name: str, folder: Path, path: str) -> dict | list:
    files = [{"rfilename": file.name, "size": file.stat().st_size} for file in sorted(folder.iterdir())]
    if "/tree/" in path:
        return [{"type": "file", "path": f["rfilename"], "size": f["size"], "oid": "0" * 40} for f in files]
    return {"_id": "1", "id": name, "modelId": name, "sha": COMMIT, "siblings": files, "private": False, "tags": []}


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
