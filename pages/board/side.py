"""Hold one board and the way to the maps behind it, while a part of the page is drawn."""

from dataclasses import dataclass
from typing import Self

from pages.board.form import BoardQuestion
from pages.ui.head_panel import Give
from viz.analysis.heads.boards import Board
from viz.engine.local import engine
from viz.engine.requests import KEPT_TEXTS, Ask
from viz.errors import BatchTooLarge


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Hold one board with its texts; ``name`` is shown above it."""

    question: BoardQuestion
    board: Board
    texts: tuple[str, ...]
    by: str  # weight or contribution

    @classmethod
    def of(cls, question: BoardQuestion, by: str) -> Self:
        """Measure what was asked; raises what ``BoardQuestion.board`` raises."""
        return cls(question, question.board(by), question.texts, by)

    @property
    def name(self) -> str:
        return self.question.name

    def opened(self, row: int) -> tuple[Give, int]:
        """Give the way to the run in which a text, or the last there is, stands, and its row there."""
        asked, row = self.question, min(row, len(self.texts) - 1)
        if asked.file is not None:
            return asked.file.run, row
        whole = Ask(asked.checkpoint, self.texts, asked.revision)
        if self._fits(whole):
            return lambda: engine.ask(whole), row
        alone = Ask(asked.checkpoint, (self.texts[row],), asked.revision)
        return lambda: engine.ask(alone), 0

    def _fits(self, whole: Ask) -> bool:
        """Tell whether all texts are one run, as they were measured; one of many texts is run alone."""
        if len(self.texts) > KEPT_TEXTS:
            return False
        try:
            engine.ask(whole)
        except BatchTooLarge:
            return False
        return True
