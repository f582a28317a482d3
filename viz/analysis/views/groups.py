"""Say which tokens stand together in one row or column of a map."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.words import Side, words_of
from viz.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Hold the rows, or the columns, of a viewed map: stretches of tokens, in order, each with its name."""

    tokens: tuple[str, ...]  # [G]
    starts: np.ndarray  # int64[G], the first token of each; all tokens up to the next start belong to it
    shown: np.ndarray  # bool[G], False = left out of the map

    def of_position(self, position: int) -> int | None:
        """Give the shown group that a token is in, as the map counts them; None where it is left out."""
        at = int(np.searchsorted(self.starts, position, side="right")) - 1
        return int(self.shown[:at].sum()) if self.shown[at] else None

    @property
    def shown_tokens(self) -> tuple[str, ...]:
        """Names of what the map shows."""
        return tuple(token for token, shown in zip(self.tokens, self.shown, strict=True) if shown)

    def first(self, array: np.ndarray) -> np.ndarray:
        """Take the value ``[T]`` of each shown group's first token."""
        return array[self.starts[self.shown]]


def groups(side: Side, row: int, view: View) -> Groups:
    """Part the tokens of a row as a view asks; padding stays token by token.

    Where nothing but special tokens was typed they are shown in any case.
    """
    spans = {word.positions[0]: word for word in words_of(side, row)}
    inside = {position for word in spans.values() for position in word.positions[1:]} if view.words else set()
    special = {position for word in spans.values() if word.special for position in word.positions}
    starts = [position for position in range(side.real.shape[1]) if position not in inside]
    tokens = side.tokens[row]
    shown = np.array([position not in special for position in starts]) | (view.special == "shown")
    if not (shown & side.real[row][starts]).any():
        shown[:] = True
    return Groups(
        tokens=tuple(spans[at].text if view.words and at in spans else tokens[at] for at in starts),
        starts=np.array(starts),
        shown=shown,
    )
