"""Open saved runs, uploaded ones and those that the server offers: no model is needed.

A question names its files; their bytes are kept in one place, up to a number of them (``visit``). A file that had to
make room must be opened again. A file that the server offers is read from its folder each time.
"""

import io
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

import streamlit as st

from pages.ui import visit
from pages.ui.markdown import literal
from pages.ui.remembered import Remembered, key_of
from viz.analysis.claims.readings import Evidence, gather
from viz.analysis.claims.text import MarkedSentence
from viz.analysis.heads import boards
from viz.analysis.heads.boards import Board
from viz.engine.local import engine
from viz.errors import HoldsOneStack, HoldsTwoStacks, RunNotKept
from viz.files import offered, saved
from viz.files.containers import ENDINGS
from viz.records import Run
from viz.text import _

TYPES = list(ENDINGS)  # what an uploader takes


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """Point to a file as it was uploaded, or name one that the server offers; the same digest is the same file."""

    name: str
    digest: str
    held: weakref.ref[visit.FileBytes] | None = field(repr=False, compare=False)  # None: the server offers it

    @classmethod
    def of(cls, name: str, data: bytes) -> Self:
        """Take an uploaded file."""
        digest = key_of(data)
        return cls(name, digest, visit.hold(digest, data))

    @classmethod
    def offered(cls, name: str) -> Self:
        """Name a file that the server offers. Raises ``RunNotOffered``."""
        file, stamp = offered.open_file(name)
        file.close()
        return cls(name, stamp, None)

    @classmethod
    def of_visit(cls, run: Remembered) -> Self:
        """Take a file that was opened in this visit. Raises ``RunNotKept``."""
        held = visit.held(run)
        if held is None:
            raise RunNotKept(name=run.file)
        return cls(run.file, run.key, held)

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

    def any_run(self) -> Run:
        """Read the run, whatever kinds of attention it has. Raises ``NotARun``."""
        return engine.remember(("saved run", self.digest), self._read)

    def _read(self) -> Run:
        if self.held is not None:
            kept = self.held()
            if kept is None:
                raise RunNotKept(name=self.name)
            return saved.read(io.BytesIO(kept.data), self.name)
        file, _stamp = offered.open_file(self.name)
        with file:
            return saved.read(file, self.name)

    def board(self, by: str) -> Board:
        """Measure every head over the texts of the run, by weight or by contribution.

        Raises ``NotARun``, ``HoldsTwoStacks`` or ``NoContributions``.
        """
        return engine.remember(("saved board", self.digest, by), lambda: boards.measure([self.run()], by))


def evidence(files: Iterable[OpenedFile], sentences: tuple[MarkedSentence, ...]) -> Evidence:
    """Find marked sentences in the runs. Raises ``NotARun``, ``HoldsTwoStacks`` and what ``gather`` raises."""
    files = tuple(files)

    def make() -> Evidence:
        runs = tuple(file.run() for file in files)
        return Evidence(runs, *gather(runs, sentences))

    return engine.remember(("saved evidence", tuple(file.digest for file in files), sentences), make)


def bring(file: OpenedFile) -> None:
    """Let the page that is shown next open with a file."""
    st.session_state["brought_file"] = file


def brought() -> OpenedFile | None:
    """Give the file with which this page is to open, once."""
    return st.session_state.pop("brought_file", None)


def offer_opened(key: str, take: Callable[[OpenedFile], None]) -> None:
    """Offer the runs that were opened in this visit, a button each; ``take`` gets the file, before the page runs."""
    there = [run for run in visit.runs() if run.is_opened and visit.held(run) is not None]
    if not there:
        return
    st.caption(_("Opened in this visit:"))
    for run in there:
        st.button(literal(run.name), key=f"{key}_{run.key}", width="stretch", on_click=_taken, args=(run, take))


def _taken(run: Remembered, take: Callable[[OpenedFile], None]) -> None:
    if (held := visit.held(run)) is not None:
        take(OpenedFile(run.file, run.key, held))
