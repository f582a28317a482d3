"""Read off what every head gives to the words of marked sentences."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from viz.analysis.claims.text import MarkedSentence
from viz.analysis.words import Piece, Word, align, pieces, words
from viz.errors import MarksShareToken, NoKeyInSight, RunsDoNotMatch, SentenceNotFound
from viz.records import ModelInfo, Run

Head = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Place:
    """Hold what a row of a run consists of, without its attention."""

    source: int  # which of the runs
    row: int
    pieces: tuple[Piece, ...]


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

    One run is held at a time, so that ``runs`` may make them when they are looked at. Gives the readings, and the
    sentences that cannot be tested: the key stands behind the query in a model that reads from left to right. Raises
    ``RunsDoNotMatch``, ``SentenceNotFound``, ``MarksShareToken``, or ``NoKeyInSight`` if no reading is left.
    """
    wanted = tuple(sentences)
    shapes: set[tuple[int, int]] = set()
    places: list[_Place] = []
    found: dict[MarkedSentence, Reading | None] = {}
    for source in range(len(runs)):
        shapes.add((runs[source].model.n_layers, runs[source].model.n_heads))
        places += _read_texts(runs[source], source, wanted, found)
    if len(shapes) > 1:
        raise RunsDoNotMatch(shapes=", ".join(f"{n_layers} x {n_heads}" for n_layers, n_heads in sorted(shapes)))
    elsewhere = [(*_place(places, sentence), sentence) for sentence in wanted if sentence not in found]
    for source, row, spans, sentence in sorted(elsewhere, key=lambda place: place[0]):
        found[sentence] = _reading(runs[source], source, row, sentence, spans)
    readings = tuple(reading for sentence in wanted if (reading := found[sentence]) is not None)
    left_out = tuple(sentence for sentence in wanted if found[sentence] is None)
    if not readings:
        raise NoKeyInSight(n_sentences=len(left_out))
    return readings, left_out


def _read_texts(
    run: Run, source: int, wanted: Sequence[MarkedSentence], found: dict[MarkedSentence, Reading | None]
) -> list[_Place]:
    """Read off the sentences whose very texts are rows of a run, into ``found``; gives what its rows consist of."""
    places = [_Place(source, row, pieces(run, row)) for row in range(len(run.batch.tokens))]
    rows_of = defaultdict(list)
    for row, text in enumerate(run.batch.texts):
        rows_of[text].append(row)
    for sentence in wanted:
        for row in rows_of[sentence.text]:
            if sentence not in found and (spans := align(places[row].pieces, sentence.text)):
                found[sentence] = _reading(run, source, row, sentence, spans)
    return places


def _place(places: list[_Place], sentence: MarkedSentence) -> tuple[int, int, dict]:
    """Find the first row that has the words of a sentence, whatever its text."""
    for place in places:
        if spans := align(place.pieces, sentence.text):
            return place.source, place.row, spans
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
