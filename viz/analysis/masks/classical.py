"""Shape a mask as code of the years before transformers 5 did."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.masks.layers import causal_cells


@dataclass(frozen=True, slots=True, eq=False)
class ClassicalForm:
    """Hold one step of how code before transformers 5 shaped a mask: the formula, the array before and after."""

    formula: str
    before: np.ndarray
    after: np.ndarray


def classical_forms(attention_mask: np.ndarray) -> tuple[ClassicalForm, ...]:
    """Give the forms a 0/1 mask ``[B, T]`` took in code of the years before transformers 5, encoder first."""
    mask = attention_mask.astype(np.float32)
    encoder, decoder = encoder_form(mask), decoder_form(mask)
    per_query = causal_cells(mask.shape[1]) * mask[:, None]
    return (
        ClassicalForm("mask[:, None, None, :]", mask, encoder),
        ClassicalForm("causal[None, None] * mask[:, None, None, :]", mask, decoder),
        ClassicalForm("mask[:, None, :, :]", per_query, per_query_form(per_query)),
        ClassicalForm("(1 - mask) * -10000.0", encoder, classical_additive(encoder)),
        ClassicalForm("(1 - encoder_mask[:, None, None, :]) * -1e9", mask, cross_attention_form(mask)),
    )


def encoder_form(attention_mask: np.ndarray) -> np.ndarray:
    """Shape ``[B, T]`` so that it broadcasts over heads and queries: ``[B, 1, 1, T]``."""
    return attention_mask[:, None, None, :]


def decoder_form(attention_mask: np.ndarray) -> np.ndarray:
    """Multiply causality and padding: ``[B, T]`` → ``[B, 1, T, T]``."""
    return np.tri(attention_mask.shape[1], dtype=attention_mask.dtype) * encoder_form(attention_mask)


def per_query_form(attention_mask: np.ndarray) -> np.ndarray:
    """Shape a mask given for each query so that it broadcasts over heads: ``[B, T, T]`` → ``[B, 1, T, T]``."""
    return attention_mask[:, None]


def classical_additive(mask: np.ndarray, fill: float = -10000.0) -> np.ndarray:
    """Turn 0/1 into what was added to the scores, ``(1 - mask) * -10000.0``: 0 where visible, the fill where not."""
    return (1 - mask.astype(np.float32)) * np.float32(fill)


def cross_attention_form(encoder_mask: np.ndarray, fill: float = -1e9) -> np.ndarray:
    """Invert an encoder's mask for a decoder that looks at it: ``[B, S]`` → ``[B, 1, 1, S]``.

    It broadcasts over the decoder's queries, whose scores are ``[B, H, T, S]``. The old code added -1e9 here (in
    float16, which cannot hold it, -1e4).
    """
    return classical_additive(encoder_form(encoder_mask), fill)
