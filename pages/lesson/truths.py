"""Give the model's answers to the questions of a lesson, each asked for once while a page is drawn."""

from typing import Any

from viz.engine.local import engine
from viz.engine.requests import Request
from viz.errors import HubOffline, HubUnreachable, ModelNotFound, VizError
from viz.packs import measures
from viz.packs.measures import Truth
from viz.packs.schema import AnyQuestion, Pack

NOT_HERE = (HubOffline, HubUnreachable, ModelNotFound)  # looked for anew, each of these takes its time


class Truths:
    """Ask the engine, which keeps what it answered; what cannot be answered is remembered for this drawing."""

    def __init__(self, pack: Pack):
        self._pack = pack
        self._found: dict[str, Truth | None | VizError] = {}
        self._not_here: dict[str, VizError] = {}

    def __call__(self, question: AnyQuestion) -> Truth | None:
        """Give the answer; None where the question is open. Raises what ``measures.truth`` raises."""
        if question.id not in self._found:
            try:
                self._found[question.id] = measures.truth(self._pack, question, self._ask)
            except VizError as error:
                self._found[question.id] = error.with_traceback(None)
        found = self._found[question.id]
        if isinstance(found, VizError):
            raise found
        return found

    def _ask(self, request: Request[Any]) -> Any:
        checkpoint = getattr(request, "checkpoint", "")
        if checkpoint in self._not_here:
            raise self._not_here[checkpoint]
        try:
            return engine.ask(request)
        except NOT_HERE as error:
            self._not_here[checkpoint] = error.with_traceback(None)
            raise
