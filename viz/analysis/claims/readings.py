"""Read off what every head gives to the words of marked sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from viz.analysis.claims.text import MarkedSentence
from viz.analysis.words import Piece, Word, align, pieces, words
from viz.errors import MarksShareToken, NoKeyInSight, RunsDoNotMatch, SentenceNotFound
from viz.records import ModelInfo, Run

Head = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Hold what every head gives to the candidates of one sentence."""

    sentence: MarkedSentence
    source: int  # which of the runs
    row: int
    words: tuple[str, ...]  # [C] the candidates
    offsets: tuple[int, ...]  # [C] in words from the query
    key: int  # which candidate is the key
    even: float  # what the key gets from a query that looks evenly at all tokens, special ones too
    weights: np.ndarray  # float32[L, H, C]

    @property
    def hits(self) -> np.ndarray:
        """Tell which heads look most at the key, bool ``[L, H]``; a tie is no hit."""
        others = np.delete(self.weights, self.key, axis=-1)
        return self.key_weights > others.max(axis=-1, initial=0)

    @property
    def key_weights(self) -> np.ndarray:
        """Give each head's attention at the key, float32 ``[L, H]``."""
        return self.weights[..., self.key]

    @property
    def luck(self) -> float:
        """Give the chance that a head without preference looks most at the key."""
        return 1 / len(self.words)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Hold what a claim is judged by: the runs, and what every head gives to the words of each sentence in them."""

    runs: tuple[Run, ...]
    readings: tuple[Reading, ...]
    left_out: tuple[MarkedSentence, ...]  # the key stands behind the query, and the model reads from left to right

    @property
    def model(self) -> ModelInfo:
        """The model that was run."""
        return self.runs[0].model

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        return sum(run.nbytes for run in self.runs) + sum(of.weights.nbytes for of in self.readings)


def gather(
    runs: Sequence[Run], sentences: Iterable[MarkedSentence]
) -> tuple[tuple[Reading, ...], tuple[MarkedSentence, ...]]:
    """Find each sentence among the rows of the runs, by its words, and read its attention off.

    Gives the readings, and the sentences that cannot be tested: the key stands behind the query in a model that reads
    from left to right. Raises ``RunsDoNotMatch``, ``SentenceNotFound``, ``MarksShareToken``, or ``NoKeyInSight`` if no
    reading is left.
    """
    shapes = {(run.model.n_layers, run.model.n_heads) for run in runs}
    if len(shapes) > 1:
        raise RunsDoNotMatch(shapes=", ".join(f"{n_layers} x {n_heads}" for n_layers, n_heads in sorted(shapes)))
    places = [
        (source, row, pieces(run, row), run.batch.texts[row])
        for source, run in enumerate(runs)
        for row in range(len(run.batch.tokens))
    ]
    readings, left_out = [], []
    for sentence in sentences:
        source, row, spans = _place(places, sentence)
        reading = _reading(runs[source], source, row, sentence, spans)
        if reading is None:
            left_out.append(sentence)
        else:
            readings.append(reading)
    if not readings:
        raise NoKeyInSight(n_sentences=len(left_out))
    return tuple(readings), tuple(left_out)


def _place(places: list[tuple[int, int, tuple[Piece, ...], str]], sentence: MarkedSentence) -> tuple[int, int, dict]:
    """Find the row that has the words of a sentence; the one with its very text is tried first, to be quick."""
    for source, row, row_pieces, _text in sorted(places, key=lambda place: place[3] != sentence.text):
        if spans := align(row_pieces, sentence.text):
            return source, row, spans
    raise SentenceNotFound(n_texts=len(places), text=sentence.text)


def _reading(run: Run, source: int, row: int, sentence: MarkedSentence, spans: dict) -> Reading | None:
    """Read one sentence off; None if the key cannot be seen from the query."""
    query, key = _tokens(spans, sentence.query), _tokens(spans, sentence.key)
    if not query or not key or set(query) & set(key):
        raise MarksShareToken(text=sentence.text)
    units = _units(words(run, row), sentence, query, key)
    at = next(n for n, unit in enumerate(units) if unit.positions == query)
    seen = [n for n, unit in enumerate(units) if n != at and (n < at or not run.model.causal)]
    candidates = [units[n] for n in seen]
    which = next((n for n, unit in enumerate(candidates) if unit.positions == key), None)
    if which is None:
        return None
    rows = run.attentions[row][:, :, list(query)].mean(axis=2)  # [L, H, K]
    return Reading(
        sentence=sentence,
        source=source,
        row=row,
        words=tuple(unit.text for unit in candidates),
        offsets=tuple(n - at for n in seen),
        key=which,
        even=_even_share(run, row, query, key),
        weights=np.stack([rows[..., list(unit.positions)].sum(axis=-1) for unit in candidates], axis=-1),
    )


def marked_tokens(run: Run, of: Reading) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give the 0-based positions of the query's tokens and of the key's in the run that was read."""
    spans = align(pieces(run, of.row), of.sentence.text) or {}
    return _tokens(spans, of.sentence.query), _tokens(spans, of.sentence.key)


def _tokens(spans: dict[int, tuple[int, int]], mark: tuple[int, int]) -> tuple[int, ...]:
    """Give the positions whose characters fall under a mark."""
    return tuple(position for position, (start, end) in spans.items() if start < mark[1] and end > mark[0])


def _units(found: Sequence[Word], sentence: MarkedSentence, query: tuple[int, ...], key: tuple[int, ...]) -> list[Word]:
    """List the words of a row in order, what is marked as one word each, also where it is two or part of one."""
    taken = set(query) | set(key)
    units = [word for word in found if not word.special and not taken & set(word.positions)]
    units += [Word(sentence.query_word, query, False), Word(sentence.key_word, key, False)]
    return sorted(units, key=lambda unit: unit.positions)


def _even_share(run: Run, row: int, query: tuple[int, ...], key: tuple[int, ...]) -> float:
    """Give what a key gets from a query that looks evenly at all tokens it may look at."""
    before = run.batch.attention_mask[row].cumsum()  # a query sees itself too
    seen = before[list(query)] if run.model.causal else before[-1:]
    return float(np.mean(len(key) / seen))
