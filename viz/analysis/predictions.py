"""Read predictions off a Run: the best words at each [MASK], and what changed between two runs."""

import re
from dataclasses import dataclass

import numpy as np

from viz.errors import NoMaskToken, NoWordHead, WordHeadMissing
from viz.labels import written
from viz.records import ModelInfo, Prediction, Run
from viz.shipped import shipped_names

# How people type the word to be guessed; every model's own mask token is one of these.
TYPED_MASK = re.compile(r"\[mask\]|<mask>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shift:
    """Hold one word's probability (over the whole vocabulary) and rank in two runs."""

    token_id: int
    token: str
    probability_before: float
    probability_after: float
    rank_before: int
    rank_after: int

    @property
    def change(self) -> float:
        """Probability after minus before."""
        return self.probability_after - self.probability_before


def probabilities(run: Run, readout: int) -> np.ndarray:
    """Give the softmax of one read-out over the whole vocabulary, float64 ``[V]``."""
    logits = run.readout_logits[readout].astype(np.float64)
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


def top_k(run: Run, readout: int, k: int) -> list[Prediction]:
    """List the k best words of one read-out, best first; equal logits in the order of their ids."""
    logits, shares = run.readout_logits[readout], probabilities(run, readout)
    return [
        Prediction(rank, int(i), run.model.vocabulary[i], float(logits[i]), float(shares[i]))
        for rank, i in enumerate(best_ids(logits, k), start=1)
    ]


def best_ids(logits: np.ndarray, k: int) -> np.ndarray:
    """Give the ids of the k largest logits of ``[V]``, best first; equal logits in the order of their ids."""
    k = min(k, len(logits))
    least = np.partition(logits, -k)[-k]  # sorting the whole vocabulary takes ten times longer
    candidates = np.flatnonzero(logits >= least)
    return candidates[np.argsort(-logits[candidates], kind="stable")][:k]


def are_numbers(run: Run) -> bool:
    """Tell whether the logits are numbers; a row hidden by -inf makes all that follow NaN."""
    return not np.isnan(run.readout_logits).any()


def require_words(model: ModelInfo) -> None:
    """Raise ``NoWordHead`` or ``WordHeadMissing`` if the model's words cannot be believed."""
    if model.words != "read":
        refuse = NoWordHead if model.words == "none" else WordHeadMissing
        raise refuse(checkpoint=model.checkpoint, shipped=shipped_names())


def require_readouts(run: Run) -> None:
    """Raise ``NoMaskToken`` if there is nothing to predict, and what ``require_words`` raises."""
    require_words(run.model)
    if len(run.readouts) == 0:
        raise NoMaskToken(mask_token=run.model.mask_token)


def completions(run: Run, row: int, k: int) -> list[str]:
    """Write the text of a row once for each of the k best ranks, with the words of that rank in it, best first.

    Several [MASK]s are each filled with their own word of that rank: the model guessed each on its own. A causal
    model's word is put behind the text.
    """
    best = [best_ids(run.readout_logits[n], k) for n, (at, _) in enumerate(run.readouts) if at == row]
    return [_completed(run, row, [written(run.model.vocabulary[i]) for i in of_rank]) for of_rank in zip(*best)]


def _completed(run: Run, row: int, words: list[str]) -> str:
    text, left = run.batch.texts[row], iter(words)
    if run.model.causal:
        return text + next(left)

    def fill(match: re.Match) -> str:
        word = next(left, match[0])
        if word.startswith("##"):
            return "\b" + word[2:]
        if word.startswith(" "):  # a byte-level word brings its own space
            return "\b" + word if match.start() else word[1:]
        return word

    return re.sub(" ?\b", "", TYPED_MASK.sub(fill, text))


def compare(before: Run, after: Run, readouts: tuple[int, int], k: int) -> list[Shift]:
    """Follow the k best words of either run through both, those of ``before`` first.

    ``readouts`` names the same place in both runs: its read-out in ``before`` and in ``after``.
    """
    both = list(zip((before, after), readouts))
    shares = [probabilities(run, n) for run, n in both]
    places = [ranks(run.readout_logits[n]) for run, n in both]
    best = [int(i) for run, n in both for i in best_ids(run.readout_logits[n], k)]
    return [
        Shift(
            i,
            before.model.vocabulary[i],
            float(shares[0][i]),
            float(shares[1][i]),
            int(places[0][i]),
            int(places[1][i]),
        )
        for i in dict.fromkeys(best)
    ]


def ranks(logits: np.ndarray) -> np.ndarray:
    """Rank every word of the vocabulary, 1 = best, int ``[V]``."""
    places = np.empty(len(logits), dtype=np.int64)
    places[np.argsort(-logits, kind="stable")] = np.arange(1, len(logits) + 1)
    return places
