"""Shape a mask as code of the years before transformers 5 did."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.masks.layers import causal_cells

LOWEST = float(np.finfo(np.float32).min)


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


def stacks_forms(source_mask: np.ndarray, target_mask: np.ndarray) -> dict[str, tuple[ClassicalForm, ...]]:
    """Give the forms that the masks of an encoder-decoder took, 0/1 ``[B, S]`` and ``[B, T]``, by kind of attention.

    The decoder's look at the source was ``invert_attention_mask`` (transformers 4): ``[B, 1, 1, S]``.
    """
    source, target = source_mask.astype(np.float32), target_mask.astype(np.float32)
    encoder, decoder = encoder_form(source), decoder_form(target)
    added = "(1 - mask) * torch.finfo(torch.float32).min"
    return {
        "encoder": (
            ClassicalForm("mask[:, None, None, :]", source, encoder),
            ClassicalForm(added, encoder, classical_additive(encoder, LOWEST)),
        ),
        "decoder": (
            ClassicalForm("causal[None, None] * mask[:, None, None, :]", target, decoder),
            ClassicalForm(added, decoder, classical_additive(decoder, LOWEST)),
        ),
        "cross": (
            ClassicalForm("encoder_mask[:, None, None, :]", source, encoder),
            ClassicalForm(added, encoder, cross_attention_form(source, LOWEST)),
        ),
    }


def hides_as(form: ClassicalForm, added: np.ndarray | None) -> bool:
    """Tell whether what was added of old, broadcast over queries, is what a model adds today ``[B, 1 or L, Q, K]``.

    None, nothing added, is zeros.
    """
    return not form.after.any() if added is None else bool((form.after == added).all())


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
