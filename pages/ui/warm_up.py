"""Load torch and the default model in the background while the first page is drawn.

This file imports nothing heavy, so that the frame and the title stand before anything is loaded.
"""

import threading
from functools import cache


@cache
def start() -> None:
    """Start loading, once a process."""
    threading.Thread(target=_load, daemon=True, name="warm-up").start()


def _load() -> None:
    from pages.ui.cache import core
    from viz.shipped import SHIPPED

    core().models.load_model(SHIPPED[0])
