"""Read which word decided an answer: integrated gradients and occlusion, beside what attention shows of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.analysis.words import Word, words
from viz.errors import NothingToWeigh
from viz.names import position_number
from viz.records import ModelInfo, Run, lock

ALLOWED_ERROR = 0.01  # of the completeness of integrated gradients
COLUMNS = ("position", "word", "integrated_gradients", "occlusion", "attention")


@dataclass(frozen=True, slots=True, eq=False)
class Importance:
    """Hold what each word of a row did to one answer; ``score`` F is its logit, or that minus a rival's.

    Of a word in pieces the gradients are summed. ``baseline_score`` is F with the baseline token in place of every
    word; integrated gradients sum to the difference, up to the error of ``n_steps`` steps.
    """

    model: ModelInfo
    answer: str
    rival: str | None
    baseline: str  # the token that stands for a word that is not there
    words: tuple[Word, ...]  # [W] in the order of the text; special tokens and what is to be guessed are none
    gradients: np.ndarray  # float64[W], integrated
    occlusion: np.ndarray  # float64[W], F(text) - F(text with the baseline token in the word's place)
    score: float
    baseline_score: float
    n_steps: int

    def __post_init__(self):
        lock("gradients", self.gradients, (len(self.words),))
        lock("occlusion", self.occlusion, (len(self.words),))

    @property
    def completeness_error(self) -> float:
        """Give |sum - (F(text) - F(baseline))| / |F(text) - F(baseline)|; infinite where the two are the same."""
        difference = self.score - self.baseline_score
        error = abs(float(self.gradients.sum()) - difference)
        return error / abs(difference) if difference else float("inf") if error else 0.0

    @property
    def is_complete(self) -> bool:
        """Tell whether the gradients sum to the difference, to a hundredth of it."""
        return self.completeness_error <= ALLOWED_ERROR


def weighed_words(run: Run, row: int) -> tuple[Word, ...]:
    """Give the words that can have decided: no special tokens, and nothing that is to be guessed.

    Raises ``NothingToWeigh``.
    """
    found = tuple(word for word in words(run, row) if not word.special and not _is_guessed(run, row, word))
    if not found:
        raise NothingToWeigh(kept=", ".join(dict.fromkeys(word.text for word in words(run, row))))
    return found


def _is_guessed(run: Run, row: int, word: Word) -> bool:
    return any(run.batch.tokens[row][position] == run.model.mask_token for position in word.positions)


def attention_paid(run: Run, readout: int, to: Sequence[Word]) -> np.ndarray:
    """Give how much the read-out's token looks at each word, the mean over all heads, float64 ``[W]``."""
    row, position = run.readouts[readout].tolist()
    return by_word(run.attentions[row, :, :, position].astype(np.float64).mean(axis=(0, 1)), to)


def attention_rollout(run: Run, readout: int, to: Sequence[Word]) -> np.ndarray:
    """Give attention rollout from the read-out's token to each word, float64 ``[W]`` (Abnar and Zuidema 2020).

    Of each layer the mean over heads, half of it and half of the identity, multiplied up from the first layer.
    """
    row, position = run.readouts[readout].tolist()
    product = identity = np.eye(run.batch.n_tokens)
    for of_layer in run.attentions[row].astype(np.float64).mean(axis=1):
        product = (of_layer + identity) / 2 @ product
    return by_word(product[position], to)


def by_word(values: np.ndarray, to: Sequence[Word]) -> np.ndarray:
    """Sum numbers of tokens ``[T]`` over the pieces of each word, ``[W]``."""
    return np.array([values[list(word.positions)].sum() for word in to])


def table(of: Importance, attention: np.ndarray) -> dict[str, list]:
    """List the words in the order of the text, as columns; numbers are not rounded."""
    columns = (
        [position_number(word.positions[0]) for word in of.words],
        [word.text for word in of.words],
        of.gradients.tolist(),
        of.occlusion.tolist(),
        attention.tolist(),
    )
    return dict(zip(COLUMNS, columns, strict=True))
