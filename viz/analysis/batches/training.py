"""Define what a training batch is and what its losses are, and say in a few sentences what the numbers show.

Two questions are kept apart: a position is *seen* if the attention_mask shows it to the others, and *scored* if its
label is not -100. Neither follows from the other.
"""

import math
from dataclasses import dataclass

import numpy as np

from viz.names import head_label
from viz.records import Batch, ModelInfo, Run
from viz.text import _, ngettext, number, percent

UNSCORED = -100  # the label that cross entropy leaves out

# What a position of a training batch is; the first three are scored.
KEPT, MASKED, RANDOM, NOT_SCORED, PADDING, SPECIAL = "kept", "masked", "random", "unscored", "padding", "special"
SCORED_KINDS = (KEPT, MASKED, RANDOM)

# Losses of the same sentences in another batch differ by rounding alone: in float32 by below 1e-5 (measured).
SAME_LOSS = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class TrainingBatch:
    """Hold a batch as the data collator makes it, and which of its positions are seen and which are scored.

    ``batch`` is what the model reads, its masked words masked; ``batch.attention_mask`` says what is seen. A label
    belongs to the token it stands under. A causal model guesses it one position earlier, so the first column, before
    which nothing stands, is never scored.
    """

    batch: Batch
    original_ids: np.ndarray  # int64[B, T], before masking
    original_tokens: tuple[tuple[str, ...], ...]  # [B][T]
    labels: np.ndarray  # int64[B, T], -100 = not scored
    kinds: np.ndarray  # str[B, T]: kept, masked, random (scored); unscored, padding, special
    causal: bool
    pad_id: int
    keys_from_dicts: tuple[str, ...]  # what the collator gives for features with names, as a tokenizer makes them
    keys_from_lists: tuple[str, ...]  # ... and for bare lists of ids: no attention_mask

    def __post_init__(self):
        for array in (self.original_ids, self.labels, self.kinds):
            array.flags.writeable = False

    @property
    def scored(self) -> np.ndarray:
        """Where the loss counts, bool ``[B, T]``."""
        return np.isin(self.kinds, SCORED_KINDS)

    @property
    def padded_rows(self) -> np.ndarray:
        """Which sentences have padding, bool ``[B]``."""
        return np.logical_not(self.batch.attention_mask.all(axis=1))

    @property
    def all_one_length(self) -> bool:
        """Whether no sentence has padding."""
        return not self.padded_rows.any()

    @property
    def ends(self) -> np.ndarray:
        """Real tokens that are the same as the padding, bool ``[B, T]``: the ends of texts, where GPT-2 is padded."""
        return self.batch.attention_mask & (self.original_ids == self.pad_id)

    def count(self, *kinds: str) -> int:
        """Count the positions of these kinds; without any, all of them."""
        return int(np.isin(self.kinds, kinds).sum()) if kinds else self.kinds.size

    @property
    def nbytes(self) -> int:
        """Memory its own arrays take, in bytes; what a bounded cache counts."""
        return self.original_ids.nbytes + self.labels.nbytes + self.kinds.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """Hold one way to compute the loss of a batch: is the mask given, and is padding scored?

    ``padding_mass`` is the share of its attention that each head puts on padding, a mean over the real queries of each
    sentence; ``mean_mass`` and ``worst_mass`` are over the sentences that have padding. ``pad_gradient`` is the norm of
    d loss / d input embedding, summed over the positions of padding: what they would teach the [PAD] word vector.
    """

    mask_given: bool
    padding_scored: bool
    loss: float
    position_losses: np.ndarray  # float32[B, T] under the token that is guessed, NaN where nothing is scored
    padding_mass: np.ndarray  # float32[B, L, H]
    mean_mass: float  # over all heads
    worst_mass: float  # of the head that puts most on padding
    worst_head: tuple[int, int] | None  # (layer, head); None where no head puts any there
    pad_gradient: float

    def __post_init__(self):
        for array in (self.position_losses, self.padding_mass):
            array.flags.writeable = False

    @property
    def counted(self) -> np.ndarray:
        """Where this way's loss counts, bool ``[B, T]``."""
        return ~np.isnan(self.position_losses)

    @property
    def sentence_losses(self) -> np.ndarray:
        """Mean loss of each sentence, float64 ``[B]``, NaN where nothing of it is scored."""
        with np.errstate(invalid="ignore"):
            return np.nansum(self.position_losses, axis=1, dtype=np.float64) / self.counted.sum(axis=1)

    @property
    def worst_row(self) -> int:
        """The sentence in which the worst head puts most on padding; the first where no head puts any there."""
        return 0 if self.worst_head is None else int(self.padding_mass[:, *self.worst_head].argmax())


@dataclass(frozen=True, slots=True, eq=False)
class Stopping:
    """Say what a causal model is taught about the ends of texts, where its padding is the end token.

    A push is the gradient on the end token's logit, summed over all scored positions: positive means that training
    makes the end less likely there. Scored, each end pulls the other way.
    """

    n_ends: int
    n_ends_scored: int  # with the collator's labels
    probability: np.ndarray  # float32[E] of the end token where each text ends, by rows
    push: float  # with the collator's labels
    push_if_scored: float  # with the ends scored too

    def __post_init__(self):
        self.probability.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class FourWays:
    """Hold the loss of one batch four ways: mask given or not, padding scored or not."""

    training_batch: TrainingBatch
    ways: tuple[Way, ...]  # 4
    stopping: Stopping | None  # None where no text of the batch ends with the token of padding

    def way(self, *, mask_given: bool, padding_scored: bool) -> Way:
        """Give one of the four."""
        return next(w for w in self.ways if (w.mask_given, w.padding_scored) == (mask_given, padding_scored))

    def difference(self, way: Way) -> float:
        """Say how far a way's loss lies above the loss with the mask given and padding not scored."""
        return way.loss - self.way(mask_given=True, padding_scored=False).loss

    @property
    def mask_matters(self) -> bool:
        """Whether the loss of real tokens changes when the mask is left out, by more than rounding."""
        losses = [self.way(mask_given=given, padding_scored=False).loss for given in (True, False)]
        return abs(losses[0] - losses[1]) > SAME_LOSS

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        arrays = sum(way.position_losses.nbytes + way.padding_mass.nbytes for way in self.ways)
        return arrays + self.training_batch.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class Unpadded:
    """Hold the losses of the same sentences, one at a time and without padding."""

    loss: float  # over all scored positions, as a batch weighs them
    losses: np.ndarray  # float64[B], mean of each sentence, NaN where nothing of it is scored
    n_scored: np.ndarray  # int64[B]
    all_one_length: bool

    def __post_init__(self):
        for array in (self.losses, self.n_scored):
            array.flags.writeable = False

    def difference(self, way: Way) -> float:
        """Say how far a way's loss, in the batch, lies above the loss of the sentences alone."""
        return way.loss - self.loss

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        return self.losses.nbytes + self.n_scored.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Hold a training batch with its losses in every way, and the maps of all heads with the mask and without."""

    four_ways: FourWays
    unpadded: Unpadded
    run_told: Run
    run_untold: Run

    @property
    def model(self) -> ModelInfo:
        """The model that was run."""
        return self.run_told.model

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        return sum(of.nbytes for of in (self.four_ways, self.unpadded, self.run_told, self.run_untold))


def verdict(four_ways: FourWays, unpadded: Unpadded) -> str:
    """Say what the numbers show: what the mask changes, what the labels change, and what no padding gives."""
    sentences = [_about_mask(four_ways)]
    if not unpadded.all_one_length:
        sentences += [_about_labels(four_ways), _about_unpadded(four_ways, unpadded)]
    stopping = four_ways.stopping
    if stopping is not None and stopping.n_ends_scored < stopping.n_ends:
        sentences.append(_about_ends(stopping))
    return " ".join(sentences)


def _about_mask(four_ways: FourWays) -> str:
    told, untold = (four_ways.way(mask_given=given, padding_scored=False) for given in (True, False))
    if len(four_ways.training_batch.labels) == 1:
        return _("One sentence alone has no padding, so the mask changes nothing.")
    if four_ways.training_batch.all_one_length:
        return _(
            "All sentences have one length: there is no padding, so the mask changes nothing. "
            "That is why some scripts get away without it."
        )
    if not untold.mean_mass:
        template = _(
            "This model reads from left to right and all padding stands behind the texts: "
            "no real token sees it, so the mask changes nothing (loss {loss})."
        )
        return template.format(loss=number(told.loss, 2))
    if not four_ways.mask_matters:
        template = _(
            "Without the mask the real tokens of padded sentences give {share} of their attention to padding ({head}: "
            "{worst}); the loss stays at {loss}."
        )
        return template.format(loss=number(told.loss, 2), **_shares(untold))
    template = _(
        "Without the mask the real tokens of padded sentences give {share} of their attention to padding ({head}: "
        "{worst}), and the loss moves from {loss} to {loss_without}."
    )
    loss, loss_without = _told_apart(told.loss, untold.loss)
    return template.format(loss=loss, loss_without=loss_without, **_shares(untold))


def _shares(way: Way) -> dict[str, str]:
    head = "" if way.worst_head is None else head_label(*way.worst_head)
    return {"share": _percent(way.mean_mass), "worst": _percent(way.worst_mass), "head": head}


def _about_labels(four_ways: FourWays) -> str:
    unscored, scored = (four_ways.way(mask_given=True, padding_scored=choice) for choice in (False, True))
    n_padding = int((~np.isnan(scored.position_losses)).sum() - (~np.isnan(unscored.position_losses)).sum())
    template = ngettext(
        "With labels of -100 the padding is not scored either way; labelled as a real token, "
        "{n_padding} position of padding would be scored and the loss with the mask would be {loss}.",
        "With labels of -100 the padding is not scored either way; labelled as real tokens, "
        "{n_padding} positions of padding would be scored and the loss with the mask would be {loss}.",
        n_padding,
    )
    return template.format(n_padding=n_padding, loss=number(scored.loss, 2))


def _about_unpadded(four_ways: FourWays, unpadded: Unpadded) -> str:
    with_mask = four_ways.way(mask_given=True, padding_scored=False).loss
    if abs(with_mask - unpadded.loss) <= SAME_LOSS:
        template = _("One at a time, without padding, the sentences have the loss {loss}: the same as with the mask.")
        return template.format(loss=number(unpadded.loss, 2))
    loss, loss_with = _told_apart(unpadded.loss, with_mask)
    template = _(
        "One at a time, without padding, the sentences have the loss {loss}, and not {loss_with} as with the mask."
    )
    said = template.format(loss=loss, loss_with=loss_with)
    return f"{said} {_about_padding_in_front(four_ways)}".strip()


def _about_padding_in_front(four_ways: FourWays) -> str:
    """Say why padding in front changes what a mask cannot undo; nothing where it stands behind."""
    if four_ways.training_batch.batch.padding_side == "right":
        return ""
    if four_ways.training_batch.causal:
        return _(
            "Padding in front of a text moves its positions, and its first token is guessed from padding: no mask "
            "undoes that."
        )
    return _("Padding in front of a text moves its positions: no mask undoes that.")


def _about_ends(stopping: Stopping) -> str:
    template = ngettext(
        "Padding is the end token here, so the collator's -100 also falls on {n_unscored} of {n_ends} real end: "
        "from such labels the model does not learn to stop.",
        "Padding is the end token here, so the collator's -100 also falls on {n_unscored} of {n_ends} real ends: "
        "from such labels the model does not learn to stop.",
        stopping.n_ends,
    )
    return template.format(n_unscored=stopping.n_ends - stopping.n_ends_scored, n_ends=stopping.n_ends)


def _percent(share: float) -> str:
    return percent(share, 1 if 0 < share < 0.01 else 0)


def _told_apart(first: float, second: float) -> tuple[str, str]:
    """Write two different losses with as many digits, two at least, as tell them apart."""
    difference = abs(first - second)
    digits = max(2, math.ceil(-math.log10(difference))) if 0 < difference < 1 else 2
    return number(first, digits), number(second, digits)
