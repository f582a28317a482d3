"""Ask of every prompt of a padded batch whether it answers as it does alone, also where a script makes mistakes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from viz.analysis.batches.same_alone import TOLERANCE, BatchCheck, BothWays, Mistakes, PromptCheck
from viz.analysis.masks.cells import padding_mass
from viz.analysis.predictions import probabilities, top_k
from viz.engine.batching import encode
from viz.engine.forward import find_readouts
from viz.engine.forward import run as run_model
from viz.engine.generation import continuation, continue_by_hand
from viz.engine.mistaken_batch import encode_mistaken, mask_told, n_leading
from viz.engine.models import LoadedModel
from viz.records import Batch, Run

NO_MISTAKES = Mistakes()


def check(
    loaded: LoadedModel,
    texts: Sequence[str],
    *,
    padding_side: str = "left",
    mistakes: Mistakes = NO_MISTAKES,
    progress: Callable[[float], object] | None = None,
) -> BatchCheck:
    """Run the texts once as a padded batch, with the mistakes, and each alone without them, and compare the logits.

    A causal model is compared at each text's last real token (with ``right_padding`` the batch is read at its last
    column); a masked model at every [MASK], or at all real tokens of a text that has none. Of a model whose words
    cannot be believed the attention between real tokens is compared. ``progress`` is told the share done, up to 1.0.
    Raises ``UnknownPadWord``, ``MaskPerQueryRefused``, and what ``encode`` and ``forward.run`` raise.
    """
    report = progress or (lambda share: None)
    batch = encode_mistaken(loaded, texts, padding_side, mistakes)
    told = mask_told(loaded, batch, mistakes)
    alone = [encode(loaded, [text]) for text in batch.texts]
    places = [_compared(loaded, single) for single in alone]
    where = [_tokens_in_batch(batch, row, single, mistakes) for row, single in enumerate(alone)]
    readouts = [_in_batch(loaded, batch, row, where[row][of_row[:, 1]], mistakes) for row, of_row in enumerate(places)]
    options: dict[str, Any] = {"leave_out": _left_out(mistakes), "given_mask": told, "see_nothing": told is not None}
    run = run_model(loaded, batch, readouts=np.concatenate(readouts), **options)
    report(1 / (1 + len(texts)))
    masses = padding_mass(run)
    prompts = []
    for row, (single, of_row) in enumerate(zip(alone, places)):
        run_alone = run_model(loaded, single, readouts=of_row)
        prompts.append(_compare(loaded, run, row, run_alone, where[row], masses[row]))
        report((2 + row) / (1 + len(texts)))
    return BatchCheck(run=run, prompts=tuple(prompts), tolerance=TOLERANCE)


def continuations(
    loaded: LoadedModel,
    texts: Sequence[str],
    padding_side: str = "left",
    mistakes: Mistakes = NO_MISTAKES,
    *,
    max_new_tokens: int = 10,
) -> BothWays:
    """Continue each text alone and in the batch with its mistakes, greedily.

    Both by the loop that ``generation.continue_by_hand`` writes out.
    Raises ``UnknownPadWord``, ``MaskPerQueryRefused``, and what ``encode`` and ``continue_by_hand`` raise.
    """
    batch = encode_mistaken(loaded, texts, padding_side, mistakes)
    told = mask_told(loaded, batch, mistakes)
    options = {"told": told, "shows_new": not mistakes.mask_per_query}
    together = continue_by_hand(loaded, batch, _left_out(mistakes), max_new_tokens, **options)
    alone, in_batch = [], []
    for text, ids_in_batch in zip(batch.texts, together, strict=True):
        single = encode(loaded, [text])
        (ids_alone,) = continue_by_hand(loaded, single, (), max_new_tokens)
        alone.append(continuation(loaded, single, 0, ids_alone))
        in_batch.append(continuation(loaded, single, 0, ids_in_batch))
    return BothWays(tuple(alone), tuple(in_batch))


def _left_out(mistakes: Mistakes) -> tuple[str, ...]:
    """Name the arguments the model is not given."""
    forgotten = {"attention_mask": mistakes.no_attention_mask, "position_ids": mistakes.no_position_ids}
    return tuple(name for name, is_left_out in forgotten.items() if is_left_out)


def _compared(loaded: LoadedModel, single: Batch) -> np.ndarray:
    """List where a text alone is read, int64 ``[N, 2]``: its answers, or all its tokens if it has none."""
    answers = find_readouts(loaded, single)
    return answers if len(answers) or loaded.info.words != "read" else np.argwhere(single.attention_mask)


def _tokens_in_batch(batch: Batch, row: int, single: Batch, mistakes: Mistakes) -> np.ndarray:
    """Find where the tokens of a text alone stand in its row of the batch, int ``[T]``."""
    real = np.flatnonzero(batch.attention_mask[row])
    return real[np.arange(single.n_tokens) + (n_leading(single) if mistakes.double_special else 0)]


def _in_batch(loaded: LoadedModel, batch: Batch, row: int, positions: np.ndarray, mistakes: Mistakes) -> np.ndarray:
    """List where the same places are read in a row of the batch, int64 ``[N, 2]``."""
    if loaded.info.causal and mistakes.right_padding and len(positions):
        positions = np.array([batch.n_tokens - 1])
    return np.stack([np.full_like(positions, row), positions], axis=1)


def _compare(loaded: LoadedModel, run: Run, row: int, alone: Run, where: np.ndarray, mass: np.ndarray) -> PromptCheck:
    """Compare one row with its text alone, whose tokens stand at ``where`` in it.

    ``mass`` is what each head puts on padding there, ``[L, H]``.
    """
    of_row = np.flatnonzero(run.readouts[:, 0] == row)
    if loaded.info.words != "read":
        differences = _attention_differences(run, row, alone, where)
    else:
        differences = np.abs(run.readout_logits[of_row] - alone.readout_logits)
    words = (None, None, None, None)
    if len(find_readouts(loaded, alone.batch)) and np.isfinite(differences[0]).all():
        words = _words(run, int(of_row[0]), alone)
    worst = np.unravel_index(mass.argmax(), mass.shape)
    return PromptCheck(
        float(differences.max()),
        len(differences),
        *words,
        padding_mass=float(mass[worst]),
        worst_head=(int(worst[0]), int(worst[1])) if mass[worst] > 0 else None,
        position_ids=tuple(run.batch.position_ids[row].tolist()),
    )


def _attention_differences(run: Run, row: int, alone: Run, where: np.ndarray) -> np.ndarray:
    """Give how far each query's weights on real keys are from those of the text alone, ``[queries, L, H, keys]``."""
    return np.abs(np.moveaxis(run.attentions[row][:, :, where[:, None], where] - alone.attentions[0], 2, 0))


def _words(run: Run, readout: int, alone: Run) -> tuple[str, str, float, float]:
    """Give the best word alone and in the batch, and what the first of them has in either."""
    (best,), (in_batch,) = top_k(alone, 0, 1), top_k(run, readout, 1)
    return best.token, in_batch.token, best.probability, float(probabilities(run, readout)[best.token_id])
