"""Ask the workers of a cluster: connect once, hear that they are at work, ask again once where one was lost."""

import asyncio
import logging
import socket
import threading
from collections.abc import Hashable
from concurrent.futures import Future, wait
from typing import Any
from weakref import WeakValueDictionary

from ray.exceptions import ObjectLostError, RayActorError, WorkerCrashedError
from ray.serve.exceptions import DeploymentUnavailableError, RayServeException, RequestCancelledError

from viz.cluster.deployment import name_of
from viz.cluster.parcel import Known, Parcel, unpack
from viz.cluster.ray_quiet import ray, serve
from viz.engine.line import POLL_SECONDS, errand
from viz.engine.requests import Request
from viz.engine.work import Hear
from viz.records import ModelInfo

PATIENCE_SECONDS = 10.0  # without a word from a worker that had begun, or from a cluster with none that could
REACH_SECONDS, CONNECT_SECONDS = 3.0, 20.0  # until something answers at the address, and until it lets us in

_GONE = (
    RayActorError,
    ObjectLostError,
    WorkerCrashedError,
    DeploymentUnavailableError,
    RequestCancelledError,
    RayServeException,
)


class Lost(Exception):
    """Raised where a worker, or all of them, are gone."""


class Unreachable(Lost):
    """Raised where nothing answers at the address; to try at once again would only take as long again."""


class Crew:
    """Hold the connection to one cluster, and the descriptions of models that are in use here."""

    def __init__(self, address: str):
        self._address = address
        self._models: WeakValueDictionary[Known, ModelInfo] = WeakValueDictionary()
        self._handles: dict[str, Any] = {}
        self._connecting = threading.Lock()
        self._connection: Future[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._status: asyncio.Future[Any] = self._loop.create_future()
        self._status.cancel()
        threading.Thread(target=self._loop.run_forever, daemon=True, name="cluster").start()

    def ask(self, request: Request[Any], checkpoint: str, hear: Hear) -> Any:
        """Give the record that a worker makes; raises what making it raised.

        A worker that dies over it is replaced by another, once. Raises ``Lost`` where that one is gone too, or where
        the cluster is.
        """
        try:
            return self._asked(request, checkpoint, hear)
        except Unreachable:
            raise
        except Lost:
            return self._asked(request, checkpoint, hear)

    def _asked(self, request: Request[Any], checkpoint: str, hear: Hear) -> Any:
        models = dict(self._models)
        share = [0.0]
        answer = self._answer(self._handle(name_of(checkpoint)), request, frozenset(models), errand.get().asker, share)
        coming = asyncio.run_coroutine_threadsafe(answer, self._loop)
        try:
            parcel = _awaited(coming, share, hear)
        except _GONE as error:
            raise Lost from error
        self._models.update(parcel.models)
        return unpack(parcel, models)

    async def _answer(
        self, handle: Any, request: Request[Any], known: frozenset[Known], asker: Hashable, share: list[float]
    ) -> Parcel:
        """Hear a worker out: shares, and then the parcel."""
        response = handle.answer.remote(request, known, asker)
        parts, has_begun = aiter(response), False
        try:
            while True:
                part = await self._next(parts, has_begun)
                if isinstance(part, Parcel):
                    return part
                share[0], has_begun = part, True
        except BaseException:
            response.cancel()
            raise

    async def _next(self, parts: Any, has_begun: bool) -> float | Parcel:
        """Wait for a word; silence is no answer only where nobody is there to give one."""
        coming = asyncio.ensure_future(anext(parts))
        while not (await asyncio.wait({coming}, timeout=PATIENCE_SECONDS))[0]:
            is_there = has_begun or await self._is_there()
            if has_begun or not is_there:
                coming.cancel()
                raise Lost if is_there else Unreachable
        return coming.result()

    async def _is_there(self) -> bool:
        """Tell whether the cluster has workers, or is about to; one that says nothing is asked by one thread only."""
        if self._status.done():
            self._status = asyncio.ensure_future(asyncio.to_thread(serve.status))
        try:
            found = await asyncio.wait_for(asyncio.shield(self._status), REACH_SECONDS)
        except Exception:  # of whatever kind: who cannot say how it is, is not there
            return False
        return bool(found.applications)

    def is_there(self) -> bool:
        """Tell whether the cluster answers at all; waits no longer than for a word."""
        try:
            self._connect()
        except Lost:
            return False
        return asyncio.run_coroutine_threadsafe(self._is_there(), self._loop).result()

    def _handle(self, name: str) -> Any:
        """Find the workers of an application, once."""
        if name not in self._handles:
            self._connect()
            try:
                self._handles[name] = serve.get_app_handle(name).options(stream=True)
            except _GONE as error:
                raise Lost from error
        return self._handles[name]

    def _connect(self) -> None:
        """Be connected; an attempt that takes long goes on by itself, and is not made twice."""
        with self._connecting:
            if self._connection is None or (self._connection.done() and self._connection.exception()):
                self._connection = Future()
                threading.Thread(target=self._try, args=(self._connection,), daemon=True, name="connect").start()
        try:
            self._connection.result(CONNECT_SECONDS)
        except Exception as error:  # of many kinds, by what stands at that address
            raise Unreachable from error

    def _try(self, connection: "Future[None]") -> None:
        host, _colon, port = self._address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), REACH_SECONDS).close()  # Ray itself would go on trying
            if not ray.is_initialized():
                ray.init(address=self._address, log_to_driver=False, logging_level=logging.ERROR, namespace="serve")
        except BaseException as error:
            connection.set_exception(error)
        else:
            connection.set_result(None)


def _awaited(coming: "Future[Parcel]", share: list[float], hear: Hear) -> Parcel:
    """Wait for an answer as long as somebody wants it."""
    wanted = errand.get()
    try:
        while not wait([coming], timeout=POLL_SECONDS).done:
            wanted.check()
            hear(share[0])
        return coming.result()
    finally:
        coming.cancel()
