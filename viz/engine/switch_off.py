"""Switch every head off alone: copies of the text in one batch, begun again at the layer that changes."""

import time
from collections.abc import Iterator

import numpy as np

from viz.analysis.heads.switch_off import Cost, HeadEffect, effect
from viz.analysis.predictions import require_words
from viz.engine import forward
from viz.engine.copies import Copies
from viz.engine.models import LoadedModel
from viz.engine.stand_ins import StandIn
from viz.errors import NotOneToken
from viz.records import Run

_SHOWN_PIECES, _SHOWN_CHARACTERS = 8, 60  # of a word that is refused


def rank_all(
    loaded: LoadedModel,
    before: Run,
    readout: int,
    *,
    word_id: int,
    off_by: str | StandIn = "zero",
    n_done: int = 0,
    n_until: int | None = None,
) -> Iterator[list[HeadEffect]]:
    """Switch every head off alone and give what that did to one read-out, one pass after the other.

    ``before`` is the run with all heads on. Every head of a layer finds the same states, so they are kept from one
    pass; copies of the text, each without another head, go through the layers from there on together (see ``copies``).
    The results are those of ``forward.run`` with that one head off (1e-5). Heads come in the order of their layers;
    ``n_done`` leaves out that many, as a ranking that was stopped has them, and it ends before the head of number
    ``n_until``, the first of a layer.
    Raises ``HeadsStayOn``, ``NoWordHead``, ``WordHeadMissing``.
    """
    require_words(loaded.info)
    forward.require_switchable(loaded)
    task = _Task(loaded, before, readout, off_by)
    n_all = loaded.info.n_layers * loaded.info.n_heads
    for layer in range((n_all if n_until is None else n_until) // loaded.info.n_heads):
        for heads in task.shares:
            if layer * loaded.info.n_heads + heads.stop <= n_done:
                continue
            logits = task.without(layer, heads)
            yield [
                HeadEffect(layer, head, effect(before.readout_logits[readout], of, word_id, loaded.info.vocabulary))
                for head, of in zip(heads, logits, strict=True)
            ]


def cost(loaded: LoadedModel, before: Run, readout: int, *, off_by: str | StandIn = "zero") -> Cost:
    """Say what ``rank_all`` would take: passes, and seconds from one of them, in the middle, that is run and timed.

    Raises ``HeadsStayOn``, ``NoWordHead``, ``WordHeadMissing``.
    """
    require_words(loaded.info)
    forward.require_switchable(loaded)
    task = _Task(loaded, before, readout, off_by)
    n_layers, middle = loaded.info.n_layers, loaded.info.n_layers // 2
    started = time.perf_counter()
    task.without(middle, task.shares[0])
    seconds = time.perf_counter() - started
    layers_run = [n_layers - layer if task.restarts else n_layers for layer in range(n_layers)]
    n_passes = 1 + n_layers * len(task.shares)
    return Cost(
        n_layers * loaded.info.n_heads, n_passes, seconds * len(task.shares) * sum(layers_run) / layers_run[middle]
    )


def word_id(loaded: LoadedModel, word: str, example: str) -> int:
    """Find the one token of an expected word; in a byte-level model first as it stands inside a text, behind a space.

    Raises ``NotOneToken``, with ``example`` as a word that is one; ``NoWordHead``, ``WordHeadMissing``.
    """
    require_words(loaded.info)
    bare = word.strip()
    pieces = []
    for typed in (f" {bare}", bare) if loaded.byte_level else (bare,):
        pieces = loaded.tokenize(typed, add_special_tokens=False, verbose=False)["input_ids"]
        if len(pieces) == 1 and pieces[0] not in loaded.tokenizer.all_special_ids:
            return pieces[0]
    shown = " ".join(loaded.info.vocabulary[piece] for piece in pieces[:_SHOWN_PIECES])
    raise NotOneToken(
        word=word[:_SHOWN_CHARACTERS],
        checkpoint=loaded.info.checkpoint,
        tokens=shown + " …" * (len(pieces) > _SHOWN_PIECES),
        example=example.strip(),
    )


class _Task:
    """Hold what all passes of one ranking share: copies of the rows that are needed, and what stands in for a head.

    Rows of a batch do not see each other, so for zeros only the read-out's runs; a mean over the batch needs all of
    them.
    """

    def __init__(self, loaded: LoadedModel, before: Run, readout: int, off_by: str | StandIn):
        row, position = (int(number) for number in before.readouts[readout])
        rows = [row] if off_by == "zero" else list(range(len(before.batch.texts)))
        inputs = forward.model_inputs(loaded, before.batch, before.given_mask)
        inputs = {name: values[rows] for name, values in inputs.items()}
        self._copies = Copies(loaded, inputs, (rows.index(row), position))
        self._stand_in = forward.replacing(loaded, before.batch.attention_mask[rows], off_by)
        self._n_heads = loaded.info.n_heads
        self._states = self._copies.keep().states
        self.shares = self._copies.shares(self._n_heads)
        self.restarts = self._copies.restarts

    def without(self, layer: int, heads: range) -> np.ndarray:
        """Run one copy for each head, without that head of the layer; give the read-out's logits, ``[copies, V]``."""
        alone = np.eye(self._n_heads, dtype=bool)[list(heads)]
        return self._copies.with_heads(layer, alone, self._stand_in, self._states[layer])
