"""Open saved runs that were uploaded: no model is needed.

A question holds its files. So their bytes stay in the session as long as a question that was asked, or answered last,
is about them, and not longer.
"""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from viz.analysis.claims.readings import Evidence, gather
from viz.analysis.claims.text import MarkedSentence
from viz.analysis.heads import boards
from viz.analysis.heads.boards import Board
from viz.engine.local import engine
from viz.errors import HoldsOneStack, HoldsTwoStacks
from viz.files import saved
from viz.records import Run


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """Hold a file as it was uploaded; the same bytes under the same name are the same file."""

    name: str
    digest: str
    data: bytes = field(repr=False, compare=False)

    @classmethod
    def of(cls, name: str, data: bytes) -> Self:
        """Take an uploaded file."""
        return cls(name, hashlib.sha256(data).hexdigest(), data)

    def any_run(self) -> Run:
        """Read the run, of one stack or of two. Raises ``NotARun``."""
        return engine.remember(("saved run", self.digest), lambda: saved.read(io.BytesIO(self.data), self.name))

    def run(self) -> Run:
        """Read the run of a model of one stack. Raises ``NotARun`` or ``HoldsTwoStacks``."""
        run = self.any_run()
        if "self" not in run.maps:
            raise HoldsTwoStacks(name=self.name)
        return run

    def translation(self) -> Run:
        """Read the run of an encoder-decoder. Raises ``NotARun`` or ``HoldsOneStack``."""
        run = self.any_run()
        if "cross" not in run.maps:
            raise HoldsOneStack(name=self.name)
        return run

    def board(self) -> Board:
        """Measure every head over the texts of the run. Raises ``NotARun`` or ``HoldsTwoStacks``."""
        return engine.remember(("saved board", self.digest), lambda: boards.measure([self.run()]))


def evidence(files: Iterable[OpenedFile], sentences: tuple[MarkedSentence, ...]) -> Evidence:
    """Find marked sentences in the runs. Raises ``NotARun``, ``HoldsTwoStacks`` and what ``gather`` raises."""
    files = tuple(files)

    def make() -> Evidence:
        runs = tuple(file.run() for file in files)
        return Evidence(runs, *gather(runs, sentences))

    return engine.remember(("saved evidence", tuple(file.digest for file in files), sentences), make)
