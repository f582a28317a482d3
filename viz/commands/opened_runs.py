"""Hold the runs that a command asks about one at a time: opened from files, or made by passes."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from viz.records import Run


class Runs(Sequence[Run]):
    """Make each run when it is looked at, and hold only the last: together they may not fit into memory."""

    def __init__(self, makers: Sequence[Callable[[], Run]]):
        self._makers = makers
        self._at, self._run = -1, None

    def __len__(self) -> int:
        return len(self._makers)

    def __getitem__(self, at):
        if self._run is None or self._at != at:
            self._run = None  # let go before the next is made
            self._at, self._run = at, self._makers[at]()
        return self._run


def openers(files: Sequence[Path]) -> list[Callable[[], Run]]:
    """Give what opens each file."""
    from viz.files import saved

    return [partial(saved.read, file) for file in files]
