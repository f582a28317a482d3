"""Say which word decided an answer: integrated gradients and occlusion, both made by Captum.

What is followed is F, the logit of the answer at one read-out, or that minus the logit of a rival. Where a word is not
there a baseline token stands in its place: ``[MASK]`` in a model that has one, else the end token. Special tokens, and
every ``[MASK]`` of the text, stay.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from viz import settings
from viz.analysis.predictions import require_readouts
from viz.analysis.reasons.importance import ALLOWED_ERROR, Importance, by_word, weighed_words
from viz.analysis.words import Word
from viz.engine import capture, forward, stacks
from viz.engine.batching import pad_token_id, token_labels
from viz.engine.device import to_numpy
from viz.engine.line import passes
from viz.engine.models import LoadedModel
from viz.errors import EmbeddingsOutOfReach, TooLongForGradients
from viz.records import Run
from viz.shipped import shipped_names

FIRST_STEPS, MOST_STEPS = 32, 1024  # doubled from one to the other until the sum is complete
BYTES_AT_ONCE = 200_000_000  # of what one batch of steps keeps for its way back
_SAME = 1e-3  # of logits: more than this is not rounding
_KEPT_STATES, _KEPT_MAPS = 24, 2  # arrays [T, D] and [H, T, T] of a layer; a GPT-2 was seen to keep 21 and 1


def weigh(
    loaded: LoadedModel,
    run: Run,
    readout: int,
    word_id: int,
    rival_id: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> Importance:
    """Measure what each word of the read-out's row did to the answer; ``progress`` is told the share done, up to 1.0.

    The steps of integrated gradients (Gauss-Legendre) are doubled until they sum to F(text) - F(baseline), to a
    hundredth of it, or ``MOST_STEPS`` are reached. Raises ``NoMaskToken``, ``NoWordHead``, ``WordHeadMissing``,
    ``NothingToWeigh``, ``EmbeddingsOutOfReach``, ``TooLongForGradients``.
    """
    require_readouts(run)
    row = int(run.readouts[readout, 0])
    counted = weighed_words(run, row)
    answer = _Answer(loaded, run, readout, word_id, rival_id)
    n_at_once = _steps_at_once(loaded, run.batch.n_tokens)
    ids = torch.tensor(run.batch.input_ids[row : row + 1], device=loaded.device)
    baseline_id = baseline_token_id(loaded)
    baseline = ids.clone()
    baseline[0, [position for word in counted for position in word.positions]] = baseline_id
    score, baseline_score = (answer.of_ids(of).item() for of in (ids, baseline))
    _check_embeddings(loaded, answer, ids, score)
    hear = progress or (lambda _share: None)
    occlusion = _occluded(answer, ids, baseline, counted)
    hear(0.1)

    n_steps = FIRST_STEPS
    while True:
        gradients = by_word(_integrated(answer, ids, baseline, n_steps, n_at_once), counted)
        of = Importance(
            model=run.model,
            answer=run.model.vocabulary[word_id],
            rival=None if rival_id is None else run.model.vocabulary[rival_id],
            baseline=token_labels(loaded, [baseline_id])[0],
            words=counted,
            gradients=gradients,
            occlusion=occlusion,
            score=score,
            baseline_score=baseline_score,
            n_steps=n_steps,
        )
        if of.completeness_error <= ALLOWED_ERROR or n_steps >= MOST_STEPS:
            hear(1.0)
            return of
        hear(min(0.95, 0.1 + n_steps / MOST_STEPS))
        n_steps *= 2


def baseline_token_id(loaded: LoadedModel) -> int:
    """Give the token that stands for a word that is not there: ``[MASK]``, else the end token, else padding."""
    tokenizer = loaded.tokenizer
    named = tokenizer.eos_token_id if loaded.info.mask_token is None else tokenizer.mask_token_id
    return named if named is not None and named < loaded.n_ids else pad_token_id(loaded)


def _steps_at_once(loaded: LoadedModel, n_tokens: int) -> int:
    """Say how many steps run as one batch. Raises ``TooLongForGradients`` where not even one would fit."""
    width = loaded.model.config.hidden_size
    of_layer = _KEPT_STATES * n_tokens * width + _KEPT_MAPS * loaded.info.n_heads * n_tokens**2
    of_step = 4 * loaded.info.n_layers * of_layer
    if of_step > (limit := settings.current().max_pass_bytes):
        raise TooLongForGradients(n_tokens=n_tokens, megabytes=of_step // 10**6, limit=limit // 10**6)
    return max(1, BYTES_AT_ONCE // of_step)


class _Answer:
    """Give F of copies of one row: of ids ``[S, T]``, or of the vectors of their words ``[S, T, D]``."""

    def __init__(self, loaded: LoadedModel, run: Run, readout: int, word_id: int, rival_id: int | None):
        self._loaded = loaded
        row, self._position = run.readouts[readout].tolist()
        inputs = forward.model_inputs(loaded, run.batch, run.given_mask)
        self._inputs = {name: values[row : row + 1] for name, values in inputs.items() if name != "input_ids"}
        self._word_id, self._rival_id = word_id, rival_id

    def of_ids(self, ids: torch.Tensor) -> torch.Tensor:
        """Give F of each copy, ``[S]``."""
        with passes, torch.inference_mode():
            return self._of(len(ids), input_ids=ids)

    def of_vectors(self, vectors: torch.Tensor) -> torch.Tensor:
        """Give F of each copy, ``[S]``, with a way back to the vectors where gradients are asked for."""
        return self._of(len(vectors), inputs_embeds=vectors)

    def vectors(self, ids: torch.Tensor) -> torch.Tensor:
        """Look up the word vectors of ids, ``[S, T, D]``."""
        with torch.no_grad():
            return self._loaded.model.get_input_embeddings()(ids).detach()

    def _of(self, n_copies: int, **words: torch.Tensor) -> torch.Tensor:
        readouts = np.array([(copy, self._position) for copy in range(n_copies)])
        where = torch.tensor(readouts, device=self._loaded.device)
        others = {name: values.repeat(n_copies, *[1] * (values.ndim - 1)) for name, values in self._inputs.items()}
        with capture.recording(capture.Recording(stacks.kinds(self._loaded.model), {}, where)):
            output = self._loaded.model(**words, **others, use_cache=False)
        logits = forward.asked_logits(output.logits, readouts)
        answer = logits[:, self._word_id]
        return answer if self._rival_id is None else answer - logits[:, self._rival_id]


def _check_embeddings(loaded: LoadedModel, answer: _Answer, ids: torch.Tensor, score: float) -> None:
    """Refuse a model that cannot be given word vectors, or does something else with its own."""
    refusal = EmbeddingsOutOfReach(
        checkpoint=loaded.info.checkpoint, family=loaded.info.family, shipped=shipped_names()
    )
    try:
        with passes, torch.inference_mode():
            given = answer.of_vectors(answer.vectors(ids)).item()
    except (TypeError, ValueError, NotImplementedError) as error:
        raise refusal from error
    if abs(given - score) > _SAME * max(1.0, abs(score)):
        raise refusal


def _integrated(answer: _Answer, ids: torch.Tensor, baseline: torch.Tensor, n_steps: int, n_at_once: int) -> np.ndarray:
    """Integrate the gradients from the baseline to the text, summed over each vector's dimensions, float64 ``[T]``.

    Each batch of steps waits in line by itself. Models are shared between threads: gradients are of the vectors alone.
    """
    from captum.attr import IntegratedGradients

    through = IntegratedGradients(answer.of_vectors)
    gradients = through.gradient_func

    def in_turn(**asked: Any) -> tuple[torch.Tensor, ...]:
        with passes:
            return gradients(**asked)

    through.gradient_func = in_turn  # type: ignore[assignment]  # Captum calls it by keywords alone
    attributed = through.attribute(
        answer.vectors(ids), answer.vectors(baseline), n_steps=n_steps, internal_batch_size=n_at_once
    )
    return to_numpy(attributed[0]).astype(np.float64).sum(axis=-1)


def _occluded(answer: _Answer, ids: torch.Tensor, baseline: torch.Tensor, counted: tuple[Word, ...]) -> np.ndarray:
    """Put the baseline token in place of each word, all its pieces at once, and give what F loses, float64 ``[W]``."""
    from captum.attr import FeatureAblation

    of_word = torch.zeros_like(ids)  # 0: what stays
    for number, word in enumerate(counted, start=1):
        of_word[0, list(word.positions)] = number
    lost = FeatureAblation(answer.of_ids).attribute(ids, baseline, feature_mask=of_word)
    return to_numpy(lost[0])[[word.positions[0] for word in counted]].astype(np.float64)
