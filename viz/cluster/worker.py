"""Answer requests in a process of its own, one thread a pass: what runs on every computer of a cluster."""

import asyncio
import contextlib
import importlib
import os
from collections.abc import AsyncIterator, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from viz import settings
from viz.cluster.parcel import Known, Parcel, pack
from viz.engine.local import LocalEngine
from viz.engine.requests import Rank, Request
from viz.engine.work import Abandoned
from viz.errors import VizError

BEAT_SECONDS = 0.25  # an answer that takes longer says so often that it is still being made
AT_ONCE = 4  # requests a worker holds: one runs, the others wait in its own line, fair between visitors

_asker: ContextVar[Hashable] = ContextVar("asker", default=None)


@dataclass
class _Told:
    """Hold how much of an answer is made, and whether anybody still wants it."""

    share: float = 0.0
    wanted: bool = True

    def hear(self, share: float) -> None:
        self.share = share
        if not self.wanted:
            raise Abandoned


@dataclass
class Worker:
    """Answer about one checkpoint, or about any where ``checkpoint`` is empty.

    It has an engine of its own: what it answered last is kept here, so that the board of a run finds the run.
    """

    checkpoint: str = ""
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, "answer"))

    def __post_init__(self):
        self._engine = LocalEngine(settings.current().kept_answers_mb * settings.MB)
        self._engine.asker = _asker.get
        if self.checkpoint:
            with contextlib.suppress(VizError):  # what is wrong with it is said to whoever asks
                importlib.import_module("viz.engine.service").load_model(self.checkpoint)

    async def answer(
        self, request: Request[Any], known: frozenset[Known] = frozenset(), asker: Hashable = None
    ) -> AsyncIterator[float | Parcel]:
        """Give the share done again and again while the answer is made, and then the answer, packed."""
        told = _Told()
        made = asyncio.get_running_loop().run_in_executor(self._threads, self._make, request, known, asker, told)
        try:
            while not (await asyncio.wait({made}, timeout=BEAT_SECONDS))[0]:
                yield told.share
            yield made.result()
        finally:
            told.wanted = False

    async def process(self) -> int:
        """Give the number of this process."""
        return os.getpid()

    def _make(self, request: Request[Any], known: frozenset[Known], asker: Hashable, told: _Told) -> Parcel:
        _asker.set(asker)
        try:
            return pack(self._record(request, told), known)
        except VizError as error:
            return Parcel(b"", error=error)

    def _record(self, request: Request[Any], told: _Told) -> object:
        if not isinstance(request, Rank):
            return self._engine.ask(request, told.hear)
        parts = []
        for part in self._engine.stream(request):
            told.hear(told.share)
            parts.append(part)
        return parts
