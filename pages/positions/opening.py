"""Say what the open part of the page is of: the model's tables, or the positions of the open text."""

from pages.positions.form import PositionQuestion
from viz.analysis.openings import texts
from viz.engine.local import engine
from viz.engine.requests import Positions


def said(question: PositionQuestion, part: str) -> list[str]:
    """Give the sentences; raises what the engine and the question raise."""
    if part == "tables":
        return texts.position_tables(engine.ask(Positions(question.checkpoint, question.revision)))
    return texts.positions(engine.ask(question.one))
