"""Keep what was computed for all visitors, up to a number of bytes, and compute it once however many ask.

Keys are model, texts and options, never arrays. torch and transformers are imported at the first run, not before: a
page's frame is on screen while they load.
"""

import importlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from types import SimpleNamespace

from viz.records import Run

MAX_BYTES = 600_000_000


class RunCache:
    """Keep runs by key, the ones used last, up to ``max_bytes``; a run that is being made is waited for.

    An error is raised to everybody who waits, and is not kept.
    """

    def __init__(self, max_bytes: int):
        self._max_bytes = max_bytes
        self._runs: OrderedDict[Hashable, Future[Run]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Run]) -> Run:
        """Give the run of a key, making it if nobody has."""
        with self._lock:
            future = self._runs.get(key)
            mine = future is None
            if mine:
                future = self._runs[key] = Future()
            self._runs.move_to_end(key)
        if mine:
            self._fulfil(key, future, make)
        return future.result()

    def _fulfil(self, key: Hashable, future: Future, make: Callable[[], Run]) -> None:
        try:
            future.set_result(make())
        except BaseException as error:
            with self._lock:
                self._runs.pop(key, None)
            future.set_exception(error)
        else:
            with self._lock:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Forget runs used longest ago until the rest fits; the newest always stays."""
        done = [(key, future.result().nbytes) for key, future in self._runs.items() if future.done()]
        total = sum(size for _, size in done)
        for key, size in done[:-1]:
            if total <= self._max_bytes:
                return
            del self._runs[key]
            total -= size


kept = RunCache(MAX_BYTES)


# Drawing is Python and holds the interpreter: 30 visitors who draw at the same time all wait for the last one. In turns
# each waits for those before, half as long in the middle. Never held while a model runs.
drawing_in_turns = threading.Lock()

_importing = threading.Lock()


_CORE = (
    "batch_speed",
    "batching",
    "edits",
    "hiding_values",
    "forward",
    "generation",
    "many_texts",
    "mask_life",
    "models",
    "same_alone",
    "switch_off",
    "training",
)


def core() -> SimpleNamespace:
    """Import what brings torch and transformers, under one lock: two threads importing transformers at once fail."""
    with _importing:
        return SimpleNamespace(**{name: importlib.import_module(f"viz.engine.{name}") for name in _CORE})
