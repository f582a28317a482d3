"""Answer requests by the workers of a cluster; what ``viz.engine.service`` is for one process.

Requests about no model, and those about what this computer has on its disk, are answered here. Where the cluster is
gone so are all others, if that is allowed (``HEADLIGHT_ALONE``).
"""

import importlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from viz import settings
from viz.cluster import spread
from viz.cluster.crew import Crew, Lost
from viz.engine.line import passes
from viz.engine.pinning import current_revision, pinned
from viz.engine.requests import (
    Download,
    Inspect,
    ListModels,
    Rank,
    Request,
    StopDownload,
    TryValues,
    Watch,
    Weigh,
)
from viz.engine.work import Hear
from viz.errors import ClusterLost

__all__ = ["answer", "load_model", "n_model_bytes", "pinned", "stream"]

HERE = (TryValues, ListModels, Weigh, Download, Watch, StopDownload)
LOOK_SECONDS = 2.0  # between two looks whether a cluster that was lost is there again

Record = TypeVar("Record")
Asking = Callable[[Request[Any]], Any]

log = logging.getLogger("headlight.cluster")
_crew = Crew(settings.current().cluster)
_lost = threading.Event()
_looking = threading.Lock()


def answer(request: Request[Record], *, ask: Asking | None = None, hear: Hear | None = None) -> Record:
    """Give the record that a worker makes, or this process where the request is about it, or no worker is left.

    Raises a ``VizError`` where the request cannot be answered, ``ClusterLost`` where nobody is left who could.
    """
    if isinstance(request, HERE):
        return _here().answer(request, ask=ask, hear=hear)
    try:
        return _by_workers(request, hear or _to_nobody)
    except Lost as error:
        _note_lost(error)
    return _here().answer(request, ask=ask, hear=hear)


def stream(request: Request[Any], *, ask: Asking | None = None) -> Iterator[Any]:
    """Give the parts of an answer as workers make them; where they are lost on the way this process goes on."""
    assert isinstance(request, Rank)
    n_done = request.n_done
    try:
        _require_crew()
        model = (ask or answer)(request.ask).model
        for part in spread.rank(request, _one, model.n_layers, model.n_heads, settings.current().workers):
            yield part
            n_done += len(part)
        return
    except Lost as error:
        _note_lost(error)
    yield from _here().stream(replace(request, n_done=n_done), ask=ask)


def load_model(checkpoint: str) -> None:
    """Let a worker load a model."""
    answer(Inspect(checkpoint, current_revision(checkpoint)))


def n_model_bytes() -> int:
    """Give the bytes of the models in this process: none, as long as it has not had to answer alone."""
    return _here().n_model_bytes() if _lost.is_set() else 0


def _by_workers(request: Request[Any], hear: Hear) -> Any:
    _require_crew()
    if spread.is_long(request):
        return spread.answer(request, _one, hear, settings.current().workers)
    return _one(request, hear)


def _one(request: Request[Any], hear: Hear | None = None) -> Any:
    """Ask one worker, in turn."""
    about: Any = getattr(request, "ask", request)
    with passes:
        return _crew.ask(request, about.checkpoint, hear or _to_nobody)


def _require_crew() -> None:
    if _lost.is_set():
        raise Lost


def _note_lost(error: Lost) -> None:
    """Remember that the cluster is gone, and look for it until it is back; raises where nobody else may answer."""
    with _looking:
        if not _lost.is_set():
            log.warning("The cluster at %s is lost: %s", settings.current().cluster, error.__cause__ or "no word")
            _lost.set()
            threading.Thread(target=_look, daemon=True, name="look").start()
    if not settings.current().alone:
        raise ClusterLost(address=settings.current().cluster) from error


def _look() -> None:
    while not _crew.is_there():
        time.sleep(LOOK_SECONDS)
    log.warning("The cluster at %s is there again.", settings.current().cluster)
    _lost.clear()


def _here() -> Any:
    """Import what brings torch, where this process has to answer itself."""
    return importlib.import_module("viz.engine.service")


def _to_nobody(_share: float) -> None:
    pass
