"""Set a padded batch without position_ids beside the right one: where each prompt stood, and what it answered."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.batches.same_alone import BatchCheck
from viz.records import Batch
from viz.text import _


@dataclass(frozen=True, slots=True)
class Moved:
    """Hold where a prompt's first and last token stood, and what it answered, told positions and left to count.

    The word is the best one with positions; its probability is over the whole vocabulary. None where there is no
    answer.
    """

    told: tuple[int, int]
    counted: tuple[int, int]
    word_told: str | None
    word_counted: str | None
    probability_told: float | None
    probability_counted: float | None
    largest_difference: float  # of logits, at the places that are compared

    @property
    def places(self) -> int:
        """How many places too far its tokens stood."""
        return self.counted[0] - self.told[0]


def compare(told: BatchCheck, counted: BatchCheck) -> list[Moved]:
    """Compare two checks of the same prompts: with position_ids, and without."""
    return [
        Moved(
            told=_ends(told.run.batch, row),
            counted=_ends(counted.run.batch, row),
            word_told=prompt.token_alone,
            word_counted=prompt.token_in_batch,
            probability_told=prompt.probability_alone,
            probability_counted=prompt.probability_in_batch,
            largest_difference=prompt.max_difference,
        )
        for row, prompt in enumerate(counted.prompts)
    ]


def forgotten_said(rows: list[Moved]) -> str:
    """Say what leaving position_ids out did to the prompts."""
    furthest = max(rows, key=lambda moved: moved.places)
    if furthest.places == 0:
        return _("No token stood elsewhere: the prompts have one length, or the model counts real tokens by itself.")
    n_other = sum(moved.word_told != moved.word_counted for moved in rows)
    message = _(
        "Without position_ids the tokens of the shortest prompt stood {places} places too far, and {n} of {total} "
        "prompts have another best word."
    )
    return message.format(places=furthest.places, n=n_other, total=len(rows))


def _ends(batch: Batch, row: int) -> tuple[int, int]:
    positions = batch.position_ids[row][batch.attention_mask[row]]
    return int(np.min(positions)), int(np.max(positions))
