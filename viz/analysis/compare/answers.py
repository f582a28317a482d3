"""Follow what two runs answer: which of their read-outs guess the same word, and each word's probability in both."""

from collections.abc import Sequence
from dataclasses import dataclass

from viz.analysis.compare.alignment import Alignment, align
from viz.analysis.compare.comparison import Comparison
from viz.analysis.predictions import Shift, best_ids, compare, probabilities, ranks
from viz.analysis.words import WORD_STARTS, pieces_of, sides
from viz.records import Run

Word = tuple[bool, str]  # whether it begins a word, and what it writes


@dataclass(frozen=True, slots=True)
class WordShift:
    """Hold one word's probability and rank in two runs of other vocabularies; None where it is no entry of one."""

    token: str
    probability_before: float | None
    probability_after: float | None
    rank_before: int | None
    rank_after: int | None

    @property
    def change(self) -> float | None:
        """Probability after minus before; None where one of them is not known."""
        if self.probability_before is None or self.probability_after is None:
            return None
        return self.probability_after - self.probability_before


def shared_guesses(of: Comparison) -> list[tuple[int, int]]:
    """Pair the read-outs that guess the same word, as indices into their ``readouts``.

    A mask guesses its own place, so two masks that are paired are one question. What reads from left to right guesses
    the word behind its read-out: the words behind two whole texts are one question, and so are a mask and the word
    behind the token that stands before the mask. Of a translation two read-outs are one question at paired tokens.
    """
    guesses = [
        [(n, int(position)) for n, (at, position) in enumerate(run.readouts) if at == row]
        for run, row in zip((of.before, of.after), of.rows, strict=True)
    ]
    causal = of.before.model.causal, of.after.model.causal
    if of.kind == "self" and all(causal):
        return [(a, b) for (a, _), (b, _) in zip(*guesses)]  # one a text
    # A mask is compared at the token before it where the other run guesses what follows.
    steps = [int(of.kind == "self" and any(causal) and not reads_on) for reads_on in causal]
    there = {at: pair.after for pair in _where_guesses_are(of).pairs for at in pair.before}
    return [
        (a, b)
        for a, position_a in guesses[0]
        for b, position_b in guesses[1]
        if position_b - steps[1] in there.get(position_a - steps[0], ())
    ]


def shifts(of: Comparison, guess: tuple[int, int], k: int) -> list[Shift] | list[WordShift]:
    """Follow the k best words of either run through both, those of ``before`` first.

    Of other vocabularies words are compared as they are written: a piece that goes on a word is none that begins one.
    """
    if same_vocabulary(of):
        return compare(of.before, of.after, guess, k)
    sides = list(zip((of.before, of.after), guess, strict=True))
    written = [_written(run.model.vocabulary) for run, _n in sides]
    best = dict.fromkeys(
        words[i] for words, (run, n) in zip(written, sides) for i in best_ids(run.readout_logits[n], k).tolist()
    )
    ids = [_first_ids(words) for words in written]
    before, after = (
        [_standing(run, n, known.get(word)) for word in best] for known, (run, n) in zip(ids, sides, strict=True)
    )
    return [
        WordShift(_shown(*word), share_before, share_after, rank_before, rank_after)
        for word, (share_before, rank_before), (share_after, rank_after) in zip(best, before, after, strict=True)
    ]


def same_vocabulary(of: Comparison) -> bool:
    """Tell whether both models write with the same words under the same ids."""
    return of.before.model.vocabulary == of.after.model.vocabulary


def _where_guesses_are(of: Comparison) -> Alignment:
    """Give how the rows that hold the read-outs are paired: those of the target where there are two stacks."""
    if of.kind != "encoder":
        return of.queries
    targets = [sides(run, "decoder")[0] for run in (of.before, of.after)]
    return align(*(pieces_of(side, row) for side, row in zip(targets, of.rows, strict=True)))


def _written(vocabulary: Sequence[str]) -> list[Word]:
    """Say of every entry whether it begins a word, and what it writes; signs begin none, unless a space is said."""
    if any(label.startswith(WORD_STARTS) for label in vocabulary):
        return [(label.startswith(WORD_STARTS), label.lstrip("".join(WORD_STARTS)) or label) for label in vocabulary]
    return [
        (False, label[2:]) if label.startswith("##") and len(label) > 2 else (label[:1].isalnum(), label)
        for label in vocabulary
    ]


def _first_ids(words: list[Word]) -> dict[Word, int]:
    ids: dict[Word, int] = {}
    for i, word in enumerate(words):
        ids.setdefault(word, i)
    return ids


def _standing(run: Run, readout: int, token_id: int | None) -> tuple[float | None, int | None]:
    """Give the probability and the rank of a word at a read-out; nothing of a word that is no entry."""
    if token_id is None:
        return None, None
    return float(probabilities(run, readout)[token_id]), int(ranks(run.readout_logits[readout])[token_id])


def _shown(begins: bool, text: str) -> str:
    """Mark what goes on a word as WordPiece does."""
    return f"##{text}" if text[:1].isalnum() and not begins else text
