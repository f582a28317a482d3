"""Fetch one file: go on where an earlier try stopped, check its bytes, and break off within a moment when told to.

The library's own download begins a file anew each time, and ends a stalled one only after minutes.
"""

import hashlib
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import httpx2
from huggingface_hub import hf_raise_for_status

try:
    import fcntl
except ImportError:  # Windows: two processes that fetch the same file are told apart by the checksum alone
    fcntl = None

from viz.engine.checkpoint_files import RemoteFile
from viz.engine.hub_cache import HALF

CUTS, CUT_SECONDS = 3, 0.5  # so many cut connections in a row that brought hardly anything end it; the wait before each
WORTH_BYTES = 1 << 16  # a connection that brought as much was worth it
RATE_SECONDS = 5.0  # the time the rate is measured over


class BrokenOff(Exception):
    """Raised in the thread of a transfer that another thread broke off."""


class WrongBytes(Exception):
    """Raised where a file is not the one that was announced; it is deleted."""

    def __init__(self, name: str):
        super().__init__(name)
        self.name = name


class Line:
    """The way bytes come in on: they are counted and written here, and from another thread it can be broken off.

    Once ``break_off`` has come back nothing more is written, however long the thread of the transfer may still hang in
    a look-up; another transfer may then go on with the same half file.
    """

    def __init__(self):
        self._lock = threading.Lock()  # held while a chunk is written, never while one is waited for
        self._file: BinaryIO | None = None
        self._socket: socket.socket | None = None
        self._broken = threading.Event()
        self._heard: float | None = None  # when the other side last said something, None while it is not asked
        self._n_done = 0
        self._samples: deque[tuple[float, int]] = deque()

    @property
    def n_done(self) -> int:
        """The bytes that are here, those of earlier tries among them."""
        return self._n_done

    def count(self, n_done: int) -> None:
        """Say how many bytes are here, whoever brought them."""
        with self._lock:
            self._n_done = n_done

    def rate(self) -> float:
        """Give bytes a second, over the last seconds."""
        with self._lock:
            now = time.monotonic()
            while self._samples and self._samples[0][0] < now - RATE_SECONDS:
                self._samples.popleft()
            if not self._samples:
                return 0.0
            return sum(n_bytes for _, n_bytes in self._samples) / max(now - self._samples[0][0], 0.2)

    def seconds_silent(self) -> float | None:
        """Give the seconds since the other side said something; None while it is not asked."""
        heard = self._heard
        return None if heard is None else time.monotonic() - heard

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Count the other side's silence inside the block."""
        self._heard = time.monotonic()
        try:
            yield
        finally:
            self._heard = self._socket = None

    def comes_from(self, response: httpx2.Response) -> None:
        """Remember the connection, so that ``break_off`` can end a read that waits."""
        stream = response.extensions.get("network_stream")
        with self._lock:
            self._socket = stream.get_extra_info("socket") if stream is not None else None
        self.check()

    def writes_to(self, file: BinaryIO) -> None:
        """Remember the half file, which ``break_off`` closes."""
        with self._lock:
            self._require_whole()
            self._file = file

    def take(self, file: BinaryIO, chunk: bytes) -> None:
        """Write what came."""
        with self._lock:
            self._require_whole()
            left = memoryview(chunk)
            while left:  # a disk that is nearly full takes a part
                n_written = file.write(left)
                self._n_done += n_written
                left = left[n_written:]
            self._heard = time.monotonic()
            self._samples.append((self._heard, len(chunk)))

    def forget(self, file: BinaryIO) -> None:
        """Empty the half file: what it holds is not what was announced, or cannot be gone on with."""
        with self._lock:
            self._require_whole()
            self._n_done -= file.seek(0, os.SEEK_END)
            file.seek(0)
            file.truncate()

    def check(self) -> None:
        """Raise ``BrokenOff`` where somebody broke it off."""
        if self._broken.is_set():
            raise BrokenOff

    def pause(self, seconds: float) -> None:
        """Wait; ``break_off`` ends the wait."""
        self._broken.wait(seconds)
        self.check()

    def break_off(self) -> None:
        """End the transfer, from another thread."""
        with self._lock:
            self._broken.set()
            file, connection = self._file, self._socket
            if file is not None:
                file.close()
        if connection is not None:
            with suppress(OSError, TypeError):  # closed already, or a proxy's own kind of connection
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _require_whole(self) -> None:
        if self._broken.is_set():
            raise BrokenOff


def fetch(line: Line, client: httpx2.Client, url: str, headers: dict[str, str], file: RemoteFile, target: Path) -> None:
    """Bring a file to ``target``; what an earlier try left beside it is gone on with.

    Raises ``WrongBytes``, ``BrokenOff``, ``httpx2.HTTPError`` of the network, or ``OSError``, of the Hub (without a
    number) or of the disk.
    """
    half = target.with_name(target.name + HALF)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _opened_alone(line, half) as opened:
        if target.exists():  # another process was faster
            half.unlink(missing_ok=True)
            return
        if opened.seek(0, os.SEEK_END) > file.n_bytes:
            line.forget(opened)
        try:
            _bring(line, client, url, headers, file, opened)
            line.check()
            _require_whole(line, file, opened)
        except WrongBytes:
            line.forget(opened)
            half.unlink(missing_ok=True)
            raise
        os.replace(half, target)


@contextmanager
def _opened_alone(line: Line, half: Path) -> Iterator[BinaryIO]:
    """Open the half file for this transfer alone, after any other process that fetches it."""
    while True:
        opened = half.open("a+b", buffering=0)
        if _locked(opened) and _is_at(opened, half):
            break
        opened.close()
        line.pause(CUT_SECONDS)
    try:
        line.writes_to(opened)
        yield opened
    finally:
        opened.close()


def _locked(opened: BinaryIO) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a disk that knows no locks
        return True
    return True


def _is_at(opened: BinaryIO, path: Path) -> bool:
    """Tell whether a file that was opened is still the one of that name: whoever finishes it renames it."""
    try:
        return os.path.samestat(os.fstat(opened.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _bring(
    line: Line, client: httpx2.Client, url: str, headers: dict[str, str], file: RemoteFile, opened: BinaryIO
) -> None:
    """Ask for what is missing until all is here; a connection that is cut is made anew."""
    n_cuts = 0
    while (begun := opened.seek(0, os.SEEK_END)) < file.n_bytes:
        error = None
        try:
            with line.asking():
                _bring_more(line, client, url, headers, file, opened, begun)
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as cut:
            error = cut
        line.check()
        missing = file.n_bytes - opened.seek(0, os.SEEK_END)
        n_cuts = 0 if file.n_bytes - missing - begun >= WORTH_BYTES else n_cuts + 1
        if missing and n_cuts == CUTS:
            raise error or httpx2.RemoteProtocolError("ended too early")
        if missing:
            line.pause(CUT_SECONDS)


def _bring_more(
    line: Line,
    client: httpx2.Client,
    url: str,
    headers: dict[str, str],
    file: RemoteFile,
    opened: BinaryIO,
    begun: int,
) -> None:
    """Write what one connection brings; a server that does not go on in the middle sends all of it again."""
    asked = headers | ({"Range": f"bytes={begun}-"} if begun else {})
    with client.stream("GET", url, headers=asked) as response:
        line.comes_from(response)
        if begun and response.status_code in (200, 416):
            line.forget(opened)
            if response.status_code == 416:
                return
        hf_raise_for_status(response)
        for chunk in response.iter_raw():  # as it comes: what waited in a buffer would be fetched twice after a cut
            if opened.tell() + len(chunk) > file.n_bytes:
                raise WrongBytes(file.name)
            line.take(opened, chunk)


def _require_whole(line: Line, file: RemoteFile, opened: BinaryIO) -> None:
    """Raise ``WrongBytes`` where the checksum is another: SHA-256, or the SHA-1 that git gives a file."""
    if len(file.checksum) == 64:
        digest = hashlib.sha256()
    elif len(file.checksum) == 40:
        digest = hashlib.sha1(b"blob %d\0" % file.n_bytes, usedforsecurity=False)
    else:  # a mirror's own name for a version tells nothing of the bytes
        return
    opened.seek(0)
    while chunk := opened.read(1 << 20):
        digest.update(chunk)
        line.check()
    if digest.hexdigest() != file.checksum:
        raise WrongBytes(file.name)
