"""Build records by hand, from numbers written out in a test; needs no torch."""

import numpy as np

from viz.analysis.masks.cells import allowed_by
from viz.records import Batch, Maps, ModelInfo, Run, self_maps


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


def translation(source_mask: list[list[int]], target_mask: list[list[int]], **fields) -> Run:
    """Build a run of an encoder-decoder from both masks: one layer of two heads a kind, weights spread evenly.

    ``cross`` float ``[B, L, H, Q, K]`` replaces the weights of cross-attention; ``source`` and ``target`` are fields
    of the batches, other fields are the run's. Source tokens are called t0, t1, ..., target tokens w0, w1, ...
    """
    source_fields, target_fields = fields.pop("source", {}), fields.pop("target", {})
    source = batch(source_mask, **source_fields)
    words = tuple(tuple(f"w{i}" for i in range(len(row))) for row in target_mask)
    target = batch(target_mask, **({"tokens": words} | target_fields))
    model = fields.pop("model", None) or model_info(1, 2, family="marian", causal=True)
    maps = {
        "encoder": even_maps(source, source, causal=False),
        "decoder": even_maps(target, target, causal=True),
        "cross": even_maps(target, source, causal=False, weights=fields.pop("cross", None)),
    }
    values = {
        "given_mask": source.attention_mask,
        "readouts": np.zeros((0, 2), dtype=np.int64),
        "readout_logits": np.zeros((0, len(model.vocabulary)), dtype=np.float32),
    }
    return Run(model=model, batch=source, maps=maps, target=target, **(values | fields))


def even_maps(queries: Batch, keys: Batch, *, causal: bool, weights: np.ndarray | None = None) -> Maps:
    """Build the maps of one kind, of one layer of two heads: what may be looked at gets even weights."""
    n_rows, n_queries, n_keys = len(queries.texts), queries.n_tokens, keys.n_tokens
    allowed = np.repeat(keys.attention_mask[:, None], n_queries, axis=1)
    if causal:
        allowed = allowed & np.tri(n_queries, dtype=bool)
    if weights is None:
        shares = allowed / np.maximum(allowed.sum(axis=-1, keepdims=True), 1)
        weights = np.repeat(shares[:, None, None], 2, axis=2).astype(np.float32)
    real = (queries.attention_mask, keys.attention_mask)
    assert weights.shape[0::3] == (n_rows, n_queries)
    assert weights.shape[-1] == n_keys
    return Maps(queries.tokens, keys.tokens, *real, weights, None, None, allowed[:, None])
