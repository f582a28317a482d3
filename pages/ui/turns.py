"""Draw pages one after another.

Drawing is Python and holds the interpreter: 30 visitors who draw at the same time all wait for the last one. In turns
each waits for those before, half as long in the middle. Whoever waits for the engine steps aside, so that no turn is
ever held during a pass, a load or a download.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pages.ui import waiting
from viz.engine.local import engine

_turn = threading.Lock()
_mine = threading.local()


def held() -> bool:
    """Tell whether anybody draws at this moment."""
    return _turn.locked()


@contextmanager
def drawing() -> Iterator[None]:
    """Draw while nobody else does; a part of what is being drawn is in turn already."""
    if getattr(_mine, "drawing", False):
        yield
        return
    with _turn:
        _mine.drawing = True
        try:
            yield
        finally:
            _mine.drawing = False


@contextmanager
def _aside() -> Iterator[None]:
    """Let others draw while this page waits."""
    if not getattr(_mine, "drawing", False):
        yield
        return
    _mine.drawing = False
    _turn.release()
    try:
        yield
    finally:
        _turn.acquire()
        _mine.drawing = True


engine.aside, engine.asker, engine.waiting = _aside, waiting.visitor, waiting.in_line
