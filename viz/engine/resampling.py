"""Take a head's outputs from elsewhere: from the same tokens of another text, or shuffled over its own.

Outputs of another input of the same length are what resample ablation means (Chan et al. 2022). Where none is given
they are the head's own in this pass, in another order of the text's real tokens; in a model that reads from left to
right an earlier token may then get what a later one got.
"""

from typing import Protocol

import numpy as np
import torch

from viz.analysis.heads.switch_off import RESAMPLE, Resample
from viz.engine import batching, forward
from viz.engine.copies import Copies
from viz.engine.models import LoadedModel
from viz.engine.stand_ins import Given, Shuffled, StandIn
from viz.errors import NotSameLength
from viz.records import Batch


class SaysHow(Protocol):
    """A request that says what stands in for heads that are off."""

    @property
    def off_by(self) -> str: ...
    @property
    def resample(self) -> Resample: ...


def off_by(loaded: LoadedModel, batch: Batch, request: SaysHow) -> str | StandIn:
    """Give what stands in for a head, as ``forward.run`` takes it.

    Raises ``NotSameLength`` for another text that has not as many tokens, ``HeadsStayOn``, and as ``encode`` does.
    """
    return stand_in(loaded, batch, request.resample) if request.off_by == RESAMPLE else request.off_by


def stand_in(loaded: LoadedModel, batch: Batch, resample: Resample) -> StandIn:
    """Run the other text and keep what its heads give, or draw an order of each text's real tokens."""
    forward.require_switchable(loaded)
    if not resample.text.strip():
        return Shuffled(torch.tensor(_orders(batch.attention_mask, resample.seed), device=loaded.device))
    other = same_length(loaded, batch, resample.text)
    inputs = forward.model_inputs(loaded, other, other.attention_mask)
    return Given(Copies(loaded, inputs, (0, 0)).keep().outputs)


def same_length(loaded: LoadedModel, batch: Batch, other: str) -> Batch:
    """Tokenize another text for a batch without padding. Raises ``NotSameLength``, and as ``encode`` does."""
    made = batching.encode(loaded, [other])
    if made.n_tokens != batch.n_tokens or not batch.attention_mask.all():
        raise NotSameLength(n_first=int(batch.attention_mask.sum(axis=1).min()), n_second=made.n_tokens)
    return made


def _orders(real: np.ndarray, seed: int) -> np.ndarray:
    """Say of which token each token gets the output, int64 ``[B, T]``: real ones change places, padding stays."""
    random = np.random.default_rng(seed)
    orders = np.tile(np.arange(real.shape[1]), (len(real), 1))
    for order, row in zip(orders, real, strict=True):
        order[row] = random.permutation(np.flatnonzero(row))
    return orders
