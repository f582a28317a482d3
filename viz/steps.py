"""Look at a continuation as it was at one of its steps: what the model had read when it chose the next token."""

from dataclasses import replace

import numpy as np

from viz.records import Batch, Generation, Run


def run_at(generation: Generation, step: int) -> Run:
    """Give the pass as it was when token ``step`` (0-based) was chosen: the prompt and the tokens added before it.

    Its arrays are views, so moving along the steps costs nothing. A causal model's rows do not change when tokens are
    added behind them; that is why one pass over the finished text holds every step (tested against ``generate``).
    """
    n_tokens = generation.n_prompt + step
    run = generation.run
    given = run.given_mask[:, :n_tokens]
    return replace(
        run,
        batch=_cut(run.batch, n_tokens),
        given_mask=given if given.ndim == 2 else given[:, :, :n_tokens],
        attentions=run.attentions[..., :n_tokens, :n_tokens],
        scores=None if run.scores is None else run.scores[..., :n_tokens, :n_tokens],
        additive_mask=None if run.additive_mask is None else run.additive_mask[..., :n_tokens, :n_tokens],
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
