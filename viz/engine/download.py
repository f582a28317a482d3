"""Download a checkpoint in the background: one download a checkpoint, whoever asks, whoever waits, whoever stops it.

A download holds no lock that others need. It ends by itself: done, broken off by the other side's silence or slowness,
or refused; what has come stays on the disk.
"""

import shutil
import threading
import time
from pathlib import Path

import httpx2

from viz import settings
from viz.engine import hub_cache, hub_client
from viz.engine.hub_client import Repository
from viz.engine.transfer import BrokenOff, Line, WrongBytes, fetch
from viz.errors import (
    DownloadBroken,
    DownloadDamaged,
    DownloadStopped,
    ModelRefused,
    ModelTooLarge,
    Reason,
    VizError,
)
from viz.listing import DownloadState, Status
from viz.shipped import shipped_names

LOOK_SECONDS = 0.25  # between two looks at whether the other side still sends
PACE_SECONDS, PACE_BYTES = 30.0, 30_000  # less than this much in this time is no download
MB = 1e6

_downloads: dict[str, "Download"] = {}  # the last of each checkpoint
_table = threading.Lock()  # guards _downloads; never held while anything is waited for


class Download:
    """Fetch a checkpoint in a thread of its own; another one looks whether it still goes on."""

    def __init__(self, checkpoint: str, endpoint: str):
        self.checkpoint = checkpoint
        self._endpoint = endpoint
        self._line = Line()
        self._repository: Repository | None = None
        self._status: Status = "running"
        self._folder: Path | None = None
        self._error: Exception | None = None
        self._lock = threading.Lock()  # guards how it ended
        self._over = threading.Event()
        for name, run in (("download", self._run), ("download-watch", self._watch)):
            threading.Thread(target=run, daemon=True, name=name).start()

    @property
    def is_running(self) -> bool:
        """Whether bytes still come, or are waited for."""
        return self._status == "running"

    def state(self) -> DownloadState:
        """Say how far it is; raises the error that ended it, where one did."""
        status = self._status  # before the error, which is set first
        if self._error is not None:
            raise self._error.with_traceback(None)  # it is raised again and again, and must not grow
        n_bytes, n_done = self._repository.n_bytes if self._repository else 0, self._line.n_done
        if status != "running":
            return DownloadState(self.checkpoint, n_bytes, n_done, status=status)
        rate = self._line.rate()
        seconds_left = (n_bytes - n_done) / rate if rate and n_bytes else None
        return DownloadState(self.checkpoint, n_bytes, n_done, rate, seconds_left)

    def stop(self) -> None:
        """Break it off, at once."""
        self._end("stopped")

    def wait(self) -> Path:
        """Wait for its end, and give the folder; raises what ended it, ``DownloadStopped`` where somebody did."""
        self._over.wait()
        if self._error is not None:
            raise self._error.with_traceback(None)
        if self._folder is None:
            raise DownloadStopped(checkpoint=self.checkpoint, shipped=shipped_names())
        return self._folder

    def _end(self, status: Status, *, error: Exception | None = None, folder: Path | None = None) -> None:
        """Say how it ended; only the first end counts."""
        with self._lock:
            if self._over.is_set():
                return
            self._error, self._folder, self._status = error, folder, status
            self._over.set()
        self._line.break_off()

    def _run(self) -> None:
        try:
            folder = self._fetch()
        except BrokenOff:  # whoever did it has said why
            pass
        except Exception as error:
            self._end("stopped", error=self._said(error))
        else:
            self._end("done", folder=folder)

    def _fetch(self) -> Path:
        """Bring the files one after the other, the weights last."""
        if (folder := hub_cache.snapshot(self.checkpoint)) is not None:  # fetched since it was looked for
            return folder
        self._repository = repository = hub_client.describe(self.checkpoint, self._endpoint)
        self._count(repository)
        self._require_fitting(repository)
        headers = hub_client.headers(repository.endpoint)
        with hub_client.client() as client:
            for file in repository.files:
                self._line.check()
                target = hub_cache.blob(self.checkpoint, file)
                if not target.exists():
                    url = hub_client.file_address(repository.endpoint, self.checkpoint, repository.commit, file.name)
                    fetch(self._line, client, url, headers, file, target)
                    self._count(repository)
        return hub_cache.put_together(self.checkpoint, repository.commit, repository.files)

    def _count(self, repository: Repository) -> None:
        self._line.count(sum(hub_cache.n_here(self.checkpoint, file) for file in repository.files))

    def _require_fitting(self, repository: Repository) -> None:
        """Refuse what is larger than models may be here, or than the disk has room for."""
        limit = settings.current().max_model_bytes
        if repository.n_weights > limit:
            raise ModelTooLarge(checkpoint=self.checkpoint, gigabytes=repository.n_weights / 1e9, limit=limit / 1e9)
        root = hub_cache.repository(self.checkpoint)
        root.mkdir(parents=True, exist_ok=True)
        missing, free = repository.n_bytes - self._line.n_done, shutil.disk_usage(root).free
        if missing > free:
            raise ModelRefused(
                checkpoint=self.checkpoint,
                reason=Reason(
                    "{missing:,.0f} MB of it are to be fetched, and the disk of this computer has {free:,.0f} MB left. "
                    "Make room for it, or give a folder with the weights.",
                    missing=missing / MB,
                    free=free / MB,
                ),
            )

    def _said(self, error: Exception) -> Exception:
        """Say what ended it."""
        if isinstance(error, WrongBytes):
            return DownloadDamaged(name=error.name, checkpoint=self.checkpoint)
        if isinstance(error, VizError) or not isinstance(error, hub_client.TROUBLE):
            return error
        if self._repository is not None and isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            host = error.request.url.host
            return self._broken(Reason("{host}, where its files lie, cannot be reached.", host=host))
        if self._repository is not None and isinstance(error, httpx2.TimeoutException):
            return self._silence()
        if self._repository is not None and isinstance(error, httpx2.TransportError):
            return self._broken(Reason("the connection was cut."))
        return hub_client.trouble(self.checkpoint, error)

    def _silence(self) -> DownloadBroken:
        seconds = hub_client.READ_SECONDS
        return self._broken(Reason("the Hub sent nothing for {seconds:.0f} seconds.", seconds=seconds))

    def _broken(self, why: Reason) -> DownloadBroken:
        n_bytes = self._repository.n_bytes if self._repository else 0
        values: dict[str, object] = {"reason": why, "done_mb": self._line.n_done / MB, "all_mb": n_bytes / MB}
        return DownloadBroken(checkpoint=self.checkpoint, **values)

    def _watch(self) -> None:
        """End it where the other side says nothing, or so little that it would never end.

        The limits of a request do not see an address that is never found, nor an answer that comes byte by byte.
        """
        since, n_before = time.monotonic(), 0
        while not self._over.wait(LOOK_SECONDS):
            silent, now, n_done = self._line.seconds_silent(), time.monotonic(), self._line.n_done
            if silent is None:
                since, n_before = now, n_done
            elif silent > hub_client.READ_SECONDS:
                self._end("stopped", error=self._silence())
            elif now - since > PACE_SECONDS:
                if n_done - n_before < PACE_BYTES:
                    self._end("stopped", error=self._broken(Reason("the Hub sends too slowly.")))
                since, n_before = now, n_done


def begin(checkpoint: str, endpoint: str = "") -> Download:
    """Join the download of a checkpoint, or begin it."""
    with _table:
        known = _downloads.get(checkpoint)
        if known is None or not known.is_running:
            known = _downloads[checkpoint] = Download(checkpoint, endpoint)
        return known


def last(checkpoint: str) -> Download | None:
    """Give the last download of a checkpoint in this process, running or over; None where there was none."""
    with _table:
        return _downloads.get(checkpoint)
