"""Keep loaded models, those used last, up to a number of bytes; one that somebody still uses is never loaded twice."""

import threading
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

BESIDE = 20_000_000  # bytes counted for what a model has beside its weights: tokenizer, vocabulary, modules

Key = tuple[str, str]  # checkpoint and revision


class _Weighed(Protocol):
    @property
    def n_bytes(self) -> int:
        """How many bytes its weights take."""
        ...


Model = TypeVar("Model", bound=_Weighed)


class LoadedModels(Generic[Model]):
    """Hold models by checkpoint and revision; what was used longest ago goes first, and the newest always stays."""

    def __init__(self, max_bytes: int):
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Key, Model] = OrderedDict()
        self._alive: WeakValueDictionary[Key, Model] = WeakValueDictionary()  # also those that only a pass holds
        self._lock = threading.Lock()  # never held while a model is read

    def find(self, key: Key) -> Model | None:
        """Give a model that is loaded; one that was let go of while it is in use is taken back."""
        with self._lock:
            loaded = self._alive.get(key)
            if loaded is not None:
                self._keep(key, loaded)
            return loaded

    def revision_of(self, checkpoint: str) -> str:
        """Name the revision of a checkpoint that was read last, of those that are loaded; empty where none is."""
        with self._lock:
            return next((revision for name, revision in reversed(list(self._alive)) if name == checkpoint), "")

    def keep(self, key: Key, loaded: Model) -> None:
        """Take a model in, and let go of those used longest ago until the rest fits."""
        with self._lock:
            self._alive[key] = loaded
            self._keep(key, loaded)

    def clear(self) -> None:
        """Let go of all of them."""
        with self._lock:
            self._kept.clear()
            self._alive.clear()

    @property
    def names(self) -> list[Key]:
        """List what is kept, used longest ago first."""
        return list(self._kept)

    @property
    def n_bytes(self) -> int:
        """How many bytes the kept models take."""
        return sum(loaded.n_bytes + BESIDE for loaded in list(self._kept.values()))

    def _keep(self, key: Key, loaded: Model) -> None:
        self._kept[key] = loaded
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and self.n_bytes > self._max_bytes:
            self._kept.popitem(last=False)
