"""Choose the run that is shown: an uploaded file, one that the server offers, or one of this visit."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import streamlit as st

from pages.ui import guard, visit
from pages.ui.head_panel import Give
from pages.ui.opened import TYPES, OpenedFile
from pages.ui.question import Field, Question, set_address
from pages.ui.remembered import Remembered
from viz.engine.local import engine
from viz.errors import RunNotKept, RunOfAnotherVisit, VizError
from viz.files import offered
from viz.records import Run
from viz.text import _

KEY_LENGTH = 16  # characters of a run's key in the address


@dataclass(frozen=True, slots=True)
class RunQuestion(Question):
    """Name the run that is shown: that of a file which the server offers, or one of this visit by its key."""

    NAME: ClassVar = "saved"
    FIELDS: ClassVar = (Field("offered", "saved_offered", "run"), Field("mine", "saved_mine", "mine"))

    offered: str = ""
    mine: str = ""

    def to_address(self, ending: str = "") -> dict[str, str | None]:
        """Write the question for the address, without what is empty."""
        return {name: text for name, text in Question.to_address(self, ending).items() if text}

    @property
    def is_empty(self) -> bool:
        """Tell whether no run is asked for."""
        return not (self.offered or self.mine)

    @property
    def remembered(self) -> Remembered | None:
        """Give the run of this visit. Raises ``RunOfAnotherVisit``."""
        if self.offered or not self.mine:
            return None
        for run in visit.runs():
            if len(self.mine) >= KEY_LENGTH and run.key.startswith(self.mine):
                return run
        raise RunOfAnotherVisit(key=self.mine[:KEY_LENGTH])

    @property
    def give(self) -> Give:
        """Give the way to the run. Raises ``RunNotOffered``, ``RunOfAnotherVisit`` or ``RunNotKept``."""
        run = self.remembered
        if run is None:
            return OpenedFile.offered(self.offered).any_run
        if run.is_opened:
            return OpenedFile.of_visit(run).any_run
        if run.request is None:
            raise RunNotKept(name=run.name)
        return partial(engine.ask, run.request)

    @property
    def key(self) -> str:
        """Give what the run is known by, whatever it is called."""
        run = self.remembered
        return OpenedFile.offered(self.offered).digest if run is None else run.key

    @property
    def title(self) -> str:
        """Give what the run is called."""
        run = self.remembered
        return self.offered if run is None else run.name

    def run(self) -> Run:
        """Give the run; raises what ``give``, the file and the engine raise."""
        return self.give()


def ask() -> RunQuestion:
    """Show what opens a run, and give the question."""
    question = RunQuestion.current()
    upload, server = st.columns(2, gap="medium")
    upload.file_uploader(
        _("Open a saved run (.npz or .safetensors); no model is needed"),
        TYPES,
        key="saved_upload",
        on_change=_uploaded,
    )
    if there := offered.names():
        st.session_state["saved_choice"] = question.offered if question.offered in there else None
        server.selectbox(
            _("Runs that this server offers"),
            there,
            index=None,
            key="saved_choice",
            placeholder=_("Choose a run …"),
            on_change=_chosen,
        )
    if error := st.session_state.pop("saved_error", None):
        guard.explain(error)
    set_address({"run": None, "mine": None} | question.to_address())
    return question


def show(run: Remembered) -> None:
    """Show a run of this visit; called from a button, before the page runs."""
    st.session_state["asked_saved"] = RunQuestion(mine=run.key[:KEY_LENGTH])


def _uploaded() -> None:
    """Open an uploaded file; where it is no run, the one that is shown stays."""
    uploaded = st.session_state.get("saved_upload")
    if uploaded is None:
        return
    file = OpenedFile.of(uploaded.name, uploaded.getvalue())
    try:
        run = file.any_run()
    except VizError as error:
        st.session_state["saved_error"] = error.with_traceback(None)
        return
    show(visit.add(run, file.name, file.digest))


def _chosen() -> None:
    if name := st.session_state["saved_choice"]:
        st.session_state["asked_saved"] = RunQuestion(offered=name)
