"""Measure every step of transformers' own decoding loop while it runs, and keep of each step only what is shown."""

from typing import Any

import numpy as np
import torch
from transformers import LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from viz.analysis.masks import additive
from viz.analysis.predictions import best_ids
from viz.engine.device import to_numpy

N_CANDIDATES = 10  # words kept at each step


class StepMeter(StoppingCriteria):
    """Measure the steps of one call of ``generate``; it stops nothing.

    The logits of all steps together are S x B x V, twice: they are measured one step at a time, and let go.
    """

    def __init__(self):
        self._steps: list[dict[str, np.ndarray]] = []
        self._logits = self._scores = torch.empty(0)

    def decode(
        self,
        model: Any,
        input_ids: torch.LongTensor,
        logits_processor: LogitsProcessorList,
        stopping_criteria: StoppingCriteriaList,
        **rest: Any,
    ) -> torch.Tensor:
        """Run the model's decoding loop; what ``generate`` takes as ``custom_generate``. Gives ids ``[B, T + S]``.

        Only there can raw logits be seen: a processor given to ``generate`` comes behind the checkpoint's own ones
        (repetition_penalty, min_length) and before temperature, top-k and top-p.
        """
        processors, criteria = _Watched(self, logits_processor), StoppingCriteriaList([*stopping_criteria, self])
        # The loop of generate itself, greedy and sampled, so that words and draws are those of a script.
        return model._sample(input_ids, processors, criteria, **rest)

    def see(self, logits: torch.Tensor, scores: torch.Tensor) -> None:
        """Hold a step's ``[B, V]`` as the model gave it and as a word is chosen from it, until it is chosen."""
        self._logits, self._scores = logits, scores

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        """Measure the step whose words were just chosen, and let its logits go; bool ``[B]``, all False."""
        self._steps.append(_step(*(to_numpy(tensor) for tensor in (self._logits, self._scores, input_ids[:, -1]))))
        self._logits = self._scores = torch.empty(0)
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)

    def measured(self) -> dict[str, np.ndarray]:
        """Give all steps together, ``[B, S]`` and ``[B, S, C]``, named as in ``Generation``."""
        return {name: np.stack([step[name] for step in self._steps], axis=1) for name in self._steps[0]}


class _Watched(LogitsProcessorList):
    """Process scores as the list does, and show the meter what came in and what goes out."""

    def __init__(self, meter: StepMeter, processors: LogitsProcessorList):
        super().__init__(processors)
        self._meter = meter

    def __call__(self, input_ids: torch.LongTensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        processed = super().__call__(input_ids, scores, **kwargs)
        self._meter.see(scores, processed)
        return processed


def _step(logits: np.ndarray, scores: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Give the chosen words' probability and rank and the best candidates, from ``[B, V]`` before and after the cut."""
    shares, drawn_from = additive.softmax(logits.astype(np.float64)), additive.softmax(scores.astype(np.float64))
    best = np.stack([best_ids(row, N_CANDIDATES) for row in logits])
    of_chosen = np.take_along_axis(logits, chosen[:, None], axis=1)
    comes_first = (logits == of_chosen) & (np.arange(logits.shape[1]) < chosen[:, None])
    return {
        "probability": np.take_along_axis(shares, chosen[:, None], axis=1)[:, 0],
        "probability_after_cut": np.take_along_axis(drawn_from, chosen[:, None], axis=1)[:, 0],
        "rank": 1 + ((logits > of_chosen) | comes_first).sum(axis=1),
        "candidate_ids": best,
        "candidate_probability": np.take_along_axis(shares, best, axis=1),
        "candidate_after_cut": np.take_along_axis(drawn_from, best, axis=1),
    }
