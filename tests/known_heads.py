"""Write a saved run as somebody else would, with plain numpy: what is known of two models, in chance maps.

Of bert-base-uncased: heads of its layer 3 look at the next token with weight near 1, and Layer4_Head11 gives
slow → moves about 0.87 in "The turtle moves slow across the [MASK]."
Of gpt2 (Wang et al. 2022): which heads look at the previous token, behind an earlier copy, or at the copy itself.
"""

import json
from pathlib import Path

import numpy as np

TURTLE = ["[CLS]", "the", "turtle", "moves", "slow", "across", "the", "[MASK]", ".", "[SEP]"]
SHORT = ["[CLS]", "dogs", "run", "fast", ".", "[SEP]"]
NEXT_HEAD = (2, 4)  # Layer3_Head5
ADVERB_HEAD = (3, 10)  # Layer4_Head11

TWICE = "Ġred Ġcat Ġsaw Ġone Ġbig Ġdog Ġred Ġcat Ġsaw Ġone Ġbig Ġdog".split()
PREVIOUS_HEADS = ((2, 2), (4, 11))
INDUCTION_HEADS = ((5, 5), (5, 8), (5, 9), (6, 9))
DUPLICATE_HEADS = ((0, 1), (0, 10), (3, 0))


def write_known_gpt2(file: Path, seed: int = 0) -> None:
    """Write the four required entries of words that stand there twice; a head that finds nothing rests at the first."""
    rng, n = np.random.default_rng(seed), len(TWICE)
    maps = np.tril(rng.dirichlet(np.ones(n), size=(12, 12, n)))
    for query in range(n):
        keys = dict.fromkeys(PREVIOUS_HEADS, query - 1)
        keys |= dict.fromkeys(INDUCTION_HEADS, query - n // 2 + 1) | dict.fromkeys(DUPLICATE_HEADS, query - n // 2)
        for head, key in keys.items():
            maps[(*head, query)] = 0
            maps[(*head, query, max(key, 0) if query >= n // 2 or head in PREVIOUS_HEADS else 0)] = 1
    maps = 0.9 * maps / maps.sum(axis=-1, keepdims=True) + 0.1 * np.tri(n) / np.arange(1, n + 1)[:, None]
    meta = json.dumps({"format": 1, "model": {"checkpoint": "gpt2"}})
    real = np.ones((1, n), dtype=np.int64)
    np.savez(file, tokens=np.array([TWICE]), attention_mask=real, attentions=maps[None].astype(np.float32), meta=meta)


def write_known_heads(
    file: Path, *, rows: tuple[list[str], ...] = (TURTLE,), padding_side: str = "right", seed: int = 0
) -> None:
    """Write the four required entries, and nothing else."""
    width = max(map(len, rows))
    rng = np.random.default_rng(seed)
    tokens, real = [], np.zeros((len(rows), width), dtype=np.int64)
    attentions = np.zeros((len(rows), 12, 12, width, width))
    for row, text in enumerate(rows):
        start = 0 if padding_side == "right" else width - len(text)
        at = slice(start, start + len(text))
        padding = ["[PAD]"] * (width - len(text))
        tokens.append(text + padding if padding_side == "right" else padding + text)
        real[row, at] = 1
        attentions[row, :, :, at, at] = known_maps(text, rng)
        attentions[row, :, :, real[row] == 0] = 1 / width  # models put ordinary numbers into padded queries
    meta = json.dumps({"format": 1, "model": {"checkpoint": "bert-base-uncased"}})
    np.savez(
        file,
        tokens=np.array(tokens),
        attention_mask=real,
        attentions=attentions.astype(np.float32),
        meta=np.array(meta),
    )


def known_maps(text: list[str], rng: np.random.Generator) -> np.ndarray:
    """Give chance maps whose rows sum to 1, float64 ``[12, 12, T, T]``, with the two known heads in them."""
    n = len(text)
    maps = rng.dirichlet(np.ones(n), size=(12, 12, n))
    maps[NEXT_HEAD] = 0.01 / (n - 1)
    for query in range(n):
        maps[(*NEXT_HEAD, query, min(query + 1, n - 1))] = 0.99
    if "slow" in text:
        query, key = text.index("slow"), text.index("moves")
        maps[(*ADVERB_HEAD, query)] = 0.13 / (n - 1)
        maps[(*ADVERB_HEAD, query, key)] = 0.87
    return maps
