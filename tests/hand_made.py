"""Build records by hand, from numbers written out in a test; needs no torch."""

import numpy as np

from viz.analysis.masks.cells import allowed_by
from viz.records import Batch, ModelInfo, Run, self_maps


def model_info(n_layers: int = 1, n_heads: int = 1, **fields) -> ModelInfo:
    """Describe a model; fields not given are those of a small BERT."""
    values = {
        "checkpoint": "hand-made",
        "revision": "r1",
        "family": "bert",
        "weights": "pretrained",
        "causal": False,
        "max_positions": 32,
        "mask_token": "[MASK]",
        "vocabulary": (),
    }
    return ModelInfo(n_layers=n_layers, n_heads=n_heads, **(values | fields))


def batch(attention_mask: list[list[int]], **fields) -> Batch:
    """Build a batch from its attention mask; tokens are called t0, t1, ... and ids count from 0 in each row."""
    real = np.array(attention_mask, dtype=bool)
    n_rows, n_tokens = real.shape
    values = {
        "texts": tuple(f"text {row}" for row in range(n_rows)),
        "tokens": tuple(tuple(f"t{i}" for i in range(n_tokens)) for _ in range(n_rows)),
        "input_ids": np.tile(np.arange(n_tokens), (n_rows, 1)),
        "attention_mask": real,
        "special_tokens_mask": ~real,
        "token_type_ids": None,
        "position_ids": np.maximum(real.cumsum(axis=1) - 1, 0),
        "word_ids": np.full(real.shape, -1),
        "padding_side": "right",
        "truncated": (False,) * n_rows,
    }
    return Batch(**(values | fields))


def run(
    attention_mask: list[list[int]], *, model: ModelInfo | None = None, batch_fields: dict | None = None, **fields
) -> Run:
    """Build a run from its attention mask; attentions not given are spread evenly over all keys."""
    model = model or model_info()
    of = batch(attention_mask, **(batch_fields or {}))
    n_rows, n_tokens = of.attention_mask.shape
    values = {
        "model": model,
        "batch": of,
        "given_mask": of.attention_mask,
        "attentions": np.full((n_rows, model.n_layers, model.n_heads, n_tokens, n_tokens), 1 / n_tokens, np.float32),
        "scores": None,
        "additive_mask": None,
        "allowed": None,
        "readouts": np.zeros((0, 2), dtype=np.int64),
        "readout_logits": np.zeros((0, len(model.vocabulary)), dtype=np.float32),
    }
    values |= fields
    attentions, scores, added, allowed = (
        values.pop(name) for name in ("attentions", "scores", "additive_mask", "allowed")
    )
    if allowed is None:
        fits = values["given_mask"].shape in (of.attention_mask.shape, (n_rows, n_tokens, n_tokens))
        allowed = allowed_by(
            values["given_mask"] if fits else of.attention_mask, _opened(added, n_tokens), causal=model.causal
        )
    return Run(maps=self_maps(of, attentions, scores, added, allowed), **values)


def _opened(added: np.ndarray | None, n_tokens: int) -> np.ndarray | None:
    """Give an added mask that can say whether later keys are open; one of another shape is for the record to refuse."""
    return added if added is not None and added.ndim == 4 and added.shape[-2:] == (n_tokens, n_tokens) else None
