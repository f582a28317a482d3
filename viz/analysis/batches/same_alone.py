"""Define the results of checking a padded batch, and say them in a sentence."""

import math
from dataclasses import dataclass

from viz.names import position_number
from viz.records import ModelInfo, Run
from viz.text import _, ngettext, number

# Logits of one text, alone and in a batch, differ by rounding alone: in float32 by about 3e-6 of the largest logit
# (measured; in float64 by 1e-14). 1e-3 stands well above that, and far below what left padding without positions does
# to
# a GPT-2 (2.4 with random weights, 13 with larger ones).
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Choose what a script does wrong with a padded batch; hashable, so that a cache can be keyed by it.

    ``right_padding``: pads on the right and reads the answer at the last column, as ``logits[:, -1]`` does; a masked
    model is still read at its [MASK]s. ``pad_word``: pads with this word instead of the pad token, which changes
    nothing as long as the mask is passed. ``mask_from_ids``: makes the mask, and counts positions, by ``input_ids !=
    pad_token_id``, which hides a text's own end tokens where these fill the batch. ``mask_per_query``: gives a GPT-2 a
    mask ``[B, Q, K]``, causal and without padding. ``double_special``: the text has its special tokens ([CLS], <s>)
    already, and the tokenizer adds them again.
    """

    no_attention_mask: bool = False
    no_position_ids: bool = False
    right_padding: bool = False
    pad_word: str | None = None
    mask_from_ids: bool = False
    mask_per_query: bool = False
    double_special: bool = False


@dataclass(frozen=True, slots=True)
class PromptCheck:
    """Say how one prompt answers alone and in the batch.

    Tokens and probabilities are those of the prompt's first answer: the best word of either way, and what the word
    that is best alone has of the whole vocabulary. They are None where nothing is read as an answer (a masked model's
    text without [MASK], of which all real tokens are compared) or where logits are no numbers.
    """

    max_difference: float  # largest |Δlogit| over the vocabulary, or |Δweight|, at all positions compared
    n_compared: int  # positions
    token_alone: str | None
    token_in_batch: str | None
    probability_alone: float | None
    probability_in_batch: float | None
    padding_mass: float  # share of its attention that the worst head puts on padding, mean over real queries
    worst_head: tuple[int, int] | None  # (layer, head); None where no head puts any there
    position_ids: tuple[int, ...]  # [T] as the model used them

    @property
    def same(self) -> bool:
        """Whether the prompt answers as it does alone; NaN is never the same."""
        return self.max_difference <= TOLERANCE


@dataclass(frozen=True, slots=True, eq=False)
class BatchCheck:
    """Hold a batch's run, as the mistakes made it, and how each of its prompts fared.

    Compared are logits; of a model whose words cannot be believed, the weights of its attention between real tokens.
    """

    run: Run
    prompts: tuple[PromptCheck, ...]  # [B]
    tolerance: float

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        return self.run.nbytes

    @property
    def model(self) -> ModelInfo:
        """The model that was run."""
        return self.run.model

    @property
    def compares_attention(self) -> bool:
        """Whether weights of attention are compared, for want of words."""
        return self.run.model.words != "read"

    @property
    def same(self) -> bool:
        """Whether every prompt answers as it does alone."""
        return all(prompt.same for prompt in self.prompts)

    @property
    def worst_row(self) -> int:
        """Row of the prompt that differs most; NaN is more than any number."""
        differences = [math.inf if math.isnan(p.max_difference) else p.max_difference for p in self.prompts]
        return differences.index(max(differences))

    @property
    def largest_difference(self) -> float:
        """Largest |Δlogit|, or |Δweight|, of all prompts."""
        return self.prompts[self.worst_row].max_difference


@dataclass(frozen=True, slots=True)
class BothWays:
    """Hold how each prompt goes on alone and in the batch, ``[B]``."""

    alone: tuple[str, ...]
    in_batch: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speed:
    """Hold how long the same prompts took one by one and as one padded batch: medians, in seconds."""

    seconds_alone: float
    seconds_batch: float
    n_rounds: int
    n_real: int
    n_padding: int

    @property
    def tokens_per_second_alone(self) -> float:
        """Real tokens read in a second, one prompt after the other."""
        return self.n_real / self.seconds_alone

    @property
    def tokens_per_second_batch(self) -> float:
        """Real tokens read in a second, as one batch; padding is work, but no token read."""
        return self.n_real / self.seconds_batch

    @property
    def padding_share(self) -> float:
        """Share of the batch's cells that are padding, 0..1."""
        return self.n_padding / (self.n_real + self.n_padding)


def verdict(check: BatchCheck) -> str:
    """Say in one sentence whether the prompts answer as they do alone, and by how much they differ at most."""
    n_prompts = len(check.prompts)
    n_different = sum(not prompt.same for prompt in check.prompts)
    difference = difference_text(check.largest_difference)
    if n_prompts == 1:
        template = _("One prompt has no padding: it is compared with itself (largest difference {difference}).")
        return template.format(difference=difference)
    if not n_different:
        template = ngettext(
            "{n_prompts} prompt answers as it does alone (largest difference {difference}).",
            "All {n_prompts} prompts answer as they do alone (largest difference {difference}).",
            n_prompts,
        )
        return template.format(n_prompts=n_prompts, difference=difference)
    template = ngettext(
        "{n_different} of {n_prompts} prompts answers differently than alone (largest difference {difference}, prompt "
        "{number}).",
        "{n_different} of {n_prompts} prompts answer differently than alone (largest difference {difference}, prompt "
        "{number}).",
        n_different,
    )
    worst = position_number(check.worst_row)
    return template.format(n_different=n_different, n_prompts=n_prompts, difference=difference, number=worst)


def difference_text(difference: float) -> str:
    """Write a difference: ``2.41``, below 0.01 as ``3.1e-6``, and ``0`` where there is none."""
    if difference == 0 or math.isnan(difference) or difference >= 0.01:
        return "0" if difference == 0 else number(difference, 2)
    mantissa, exponent = f"{difference:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"
