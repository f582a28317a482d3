"""Let few large files be made at once: each takes a core, and memory, that answers need too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from viz import settings
from viz.errors import TooManyExports

_lock = threading.Lock()
_places: set[object] = set()


@contextmanager
def one_more() -> Iterator[None]:
    """Make a file meanwhile; raises ``TooManyExports`` where as many as are set are being made."""
    place = object()
    with _lock:
        if len(_places) >= (limit := settings.current().max_exports):
            raise TooManyExports(n_exports=len(_places), limit=limit)
        _places.add(place)
    try:
        yield
    finally:
        with _lock:
            _places.discard(place)
