"""Hold what a corpus says of every head, and add it up run by run; no run is kept.

All heads are read in the one pass over the texts, so that choosing another head runs nothing. Of each text two numbers
a head stay, its strongest weight and that cell's words: 8 bytes, 1.2 kB a text on a model of 144 heads. All else is of
a fixed size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.analysis.corpus.cells import word_cells
from viz.analysis.corpus.lines import LeftOut
from viz.analysis.corpus.links import Linking, Links, Pair
from viz.analysis.corpus.spreads import Spread, Spreading
from viz.analysis.heads.boards import NAMES
from viz.analysis.heads.patterns import found
from viz.records import ModelInfo, Run

Head = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Hold what was read of the texts N of a corpus, in the order of its lines.

    ``strengths`` float32 ``[N, L, H]`` is the largest weight between two words of a text, NaN where no cell counts;
    ``cells`` uint16 ``[N, L, H, 2]`` are its query word and its key word, counted from 0 in the text, special tokens
    too. ``spellings`` are the different words, ``word_ids`` int32 the words of all texts, those of text n up to
    ``ends[n]``.
    """

    model: ModelInfo
    n_lines: int
    left_out: tuple[LeftOut, ...]
    count_special: bool
    lines: np.ndarray  # int32[N], 0-based
    strengths: np.ndarray
    cells: np.ndarray
    spellings: tuple[str, ...]
    word_ids: np.ndarray
    ends: np.ndarray  # int64[N]
    spreads: dict[str, Spread]
    links: Links

    @property
    def nbytes(self) -> int:
        """Memory it takes, in bytes; what a bounded cache counts."""
        arrays = (self.lines, self.strengths, self.cells, self.word_ids, self.ends)
        words = sum(60 + len(word) for word in self.spellings)
        return sum(of.nbytes for of in (*arrays, *self.spreads.values(), self.links)) + words

    def word(self, text: int, at: int) -> str:
        """Give a word of a text."""
        start = int(self.ends[text - 1]) if text else 0
        return self.spellings[self.word_ids[start + at]]


class Texts:
    """Collect the words of the texts that are run, before they are: as numbers, each word spelled once."""

    def __init__(self):
        self.lines: list[int] = []
        self.n_tokens: list[int] = []
        self._spellings: dict[str, int] = {}
        self._ids: list[np.ndarray] = []

    def add(self, line: int, words: Sequence[str], n_tokens: int) -> None:
        """Take the words of one line."""
        self.lines.append(line)
        self.n_tokens.append(n_tokens)
        ids = [self._spellings.setdefault(word, len(self._spellings)) for word in words]
        self._ids.append(np.array(ids, dtype=np.int32))

    def packed(self) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        """Give the spellings, the words of all texts, and where each text's end."""
        ends = np.cumsum([len(of) for of in self._ids], dtype=np.int64)
        return tuple(self._spellings), np.concatenate(self._ids), ends


class Reader:
    """Add up what runs say of every head."""

    def __init__(self, model: ModelInfo, n_texts: int, longest: int, pairs: Sequence[Pair], *, count_special: bool):
        shape = (model.n_layers, model.n_heads)
        self.model, self._count_special = model, count_special
        self.strengths = np.full((n_texts, *shape), np.nan, dtype=np.float32)
        self.cells = np.zeros((n_texts, *shape, 2), dtype=np.uint16)
        self.spreading = Spreading(shape, longest)
        self.linking = Linking(pairs, shape)

    def add(self, run: Run, texts: Sequence[int]) -> None:
        """Read a run whose rows are these texts."""
        self.spreading.take(found(run, NAMES))
        for row, text in enumerate(texts):
            cells = word_cells(run, row, count_special=self._count_special)
            self.linking.add(cells)
            weights = np.where(cells.counted[:, None], cells.weights, np.float32(-1))
            flat = weights.reshape(*weights.shape[:2], -1)
            best = flat.argmax(axis=-1)
            strongest = np.take_along_axis(flat, best[..., None], axis=-1)[..., 0]
            self.strengths[text] = np.where(strongest < 0, np.nan, strongest)
            self.cells[text] = np.stack(np.divmod(best, weights.shape[-1]), axis=-1)

    def reading(self, n_lines: int, left_out: tuple[LeftOut, ...], texts: Texts, n_pairs: int, n_words: int) -> Reading:
        """Give what was added up."""
        spellings, word_ids, ends = texts.packed()
        return Reading(
            model=self.model,
            n_lines=n_lines,
            left_out=left_out,
            count_special=self._count_special,
            lines=np.array(texts.lines, dtype=np.int32),
            strengths=self.strengths,
            cells=self.cells,
            spellings=spellings,
            word_ids=word_ids,
            ends=ends,
            spreads=dict(self.spreading.spreads()),
            links=self.linking.links(n_pairs, n_words),
        )
