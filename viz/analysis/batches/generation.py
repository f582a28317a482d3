"""Hold the continuations of a batch, and look at them as they were at one of their steps."""

from dataclasses import dataclass, replace

import numpy as np

from viz import settings
from viz.errors import SettingOutOfRange
from viz.records import Batch, ModelInfo, Run, lock, self_maps


@dataclass(frozen=True, slots=True)
class Sampling:
    """Say how a text is continued: greedily (the best word each time), or drawn at random if a temperature is given.

    Logits are divided by ``temperature``; then only the ``top_k`` best words stay (0 = all), then only the best ones
    whose probabilities first reach ``top_p`` together. Raises ``SettingOutOfRange``.
    """

    max_new_tokens: int = 10
    temperature: float | None = None  # None = greedy
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self):
        most = settings.current().max_new_tokens
        self._require("max_new_tokens", 1 <= self.max_new_tokens <= most, f"1 ≤ max_new_tokens ≤ {most}")
        # Logits over a much smaller temperature are no numbers any more.
        self._require(
            "temperature", self.temperature is None or 0.001 <= self.temperature <= 10, "0.001 ≤ temperature ≤ 10"
        )
        self._require("top_k", self.top_k >= 0, "top_k ≥ 0")
        self._require("top_p", 0 < self.top_p <= 1, "0 < top_p ≤ 1")
        self._require("seed", 0 <= self.seed < 2**32, "0 ≤ seed ≤ 4294967295")

    def _require(self, name: str, fulfilled: bool, allowed: str) -> None:
        if not fulfilled:
            raise SettingOutOfRange(name=name, seen=getattr(self, name), allowed=allowed)


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """Hold the continuations of a batch step by step; S steps, and at each the C best candidates.

    ``run`` is one pass over prompts and continuations, ``[B, T + S]``: the word chosen at step s stands in column
    ``n_prompt + s`` and was guessed at the column before. Behind a row's end token there is padding: there, ids are
    -1, ranks 0 and probabilities NaN. Candidates are ordered by the raw logits.
    """

    run: Run
    n_prompt: int  # T, columns of the padded prompts
    sampling: Sampling
    n_new: np.ndarray  # int64[B], tokens each prompt got, its end token included
    finished: np.ndarray  # bool[B], True = the end token came
    probability: np.ndarray  # float64[B, S] of the chosen word, over the whole vocabulary
    probability_after_cut: np.ndarray  # float64[B, S], after temperature, top-k and top-p: what was drawn from
    rank: np.ndarray  # int64[B, S] of the chosen word over the whole vocabulary, 1 = best
    candidate_ids: np.ndarray  # int64[B, S, C]
    candidate_probability: np.ndarray  # float64[B, S, C]
    candidate_after_cut: np.ndarray  # float64[B, S, C]
    continuations: tuple[str, ...]  # [B], the text each prompt got

    def __post_init__(self):
        n_rows, n_tokens = self.run.batch.input_ids.shape
        steps = (n_rows, n_tokens - self.n_prompt)
        for name in ("n_new", "finished"):
            lock(name, getattr(self, name), (n_rows,))
        for name in ("probability", "probability_after_cut", "rank"):
            lock(name, getattr(self, name), steps)
        for name in ("candidate_ids", "candidate_probability", "candidate_after_cut"):
            lock(name, getattr(self, name), (*steps, self.candidate_ids.shape[-1]))

    @property
    def model(self) -> ModelInfo:
        """The model that was run."""
        return self.run.model

    @property
    def n_steps(self) -> int:
        """S: steps until the last row ended."""
        return self.rank.shape[1]

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        candidates = (self.candidate_ids, self.candidate_probability, self.candidate_after_cut)
        return self.run.nbytes + sum(array.nbytes for array in candidates)


def run_at(generation: Generation, step: int) -> Run:
    """Give the pass as it was when token ``step`` (0-based) was chosen: the prompt and the tokens added before it.

    Its arrays are views, so moving along the steps costs nothing. A causal model's rows do not change when tokens are
    added behind them; that is why one pass over the finished text holds every step (tested against ``generate``).
    """
    n_tokens = generation.n_prompt + step
    run = generation.run
    given, norms = run.given_mask[:, :n_tokens], run.maps["self"].value_norms
    batch = _cut(run.batch, n_tokens)

    def cut(cells: np.ndarray) -> np.ndarray:
        return cells[..., :n_tokens, :n_tokens]

    return replace(
        run,
        batch=batch,
        given_mask=given if given.ndim == 2 else given[:, :, :n_tokens],
        maps=self_maps(
            batch,
            cut(run.attentions),
            None if run.scores is None else cut(run.scores),
            None if run.additive_mask is None else cut(run.additive_mask),
            cut(run.allowed),
            None if norms is None else norms[..., :n_tokens],
        ),
        readouts=np.zeros((0, 2), dtype=np.int64),
        readout_logits=np.zeros((0, run.readout_logits.shape[1]), dtype=np.float32),
    )


def predicting_position(generation: Generation, row: int, step: int) -> int | None:
    """Give the position whose row predicts token ``step`` of a prompt: the one before it; None after its end."""
    if step >= generation.n_new[row]:
        return None
    real = np.flatnonzero(generation.run.batch.attention_mask[row, : generation.n_prompt + step])
    return int(real[-1])


def _cut(batch: Batch, n_tokens: int) -> Batch:
    arrays = ("input_ids", "attention_mask", "special_tokens_mask", "position_ids", "word_ids")
    types = batch.token_type_ids
    return replace(
        batch,
        tokens=tuple(row[:n_tokens] for row in batch.tokens),
        token_type_ids=None if types is None else types[:, :n_tokens],
        **{name: getattr(batch, name)[:, :n_tokens] for name in arrays},
    )
