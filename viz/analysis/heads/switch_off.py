"""Say what switching heads off did to an answer, and set each head's effect against how brightly it attends."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from viz.analysis.masks.cells import VISIBLE, cell_states, looks
from viz.analysis.words import special_tokens
from viz.errors import HeadOutOfRange
from viz.names import head_index_label, head_label, parse_head, position_from_number
from viz.records import Run

OFF_BY = ("zero", "mean")  # what takes the place of a head's output
RESAMPLE = "resample"  # or its output elsewhere, see ``Resample``
QUARTER = 0.25  # the share of heads that counts as bright, dim, idle or vital
COLUMNS = (
    "head",
    "index",
    "brightness",
    "kl_bits",
    "expected",
    "probability_before",
    "probability_after",
    "change",
    "top_before",
    "top_after",
)

_LAYER_FROM_ONE, _LAYER_FROM_ZERO = (
    re.compile(r"layer[\s_-]*(\d{1,4})", re.IGNORECASE),
    re.compile(r"L(\d{1,4})", re.IGNORECASE),
)
_HEAD_FROM_ONE, _HEAD_FROM_ZERO = (
    re.compile(r"head[\s_-]*(\d{1,4})", re.IGNORECASE),
    re.compile(r"H(\d{1,4})", re.IGNORECASE),
)

Head = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Resample:
    """Say where a head's other outputs come from: the same tokens of another text, which has as many of them.

    Where there is no other text, they are its own, shuffled over the text's tokens by the seed.
    """

    text: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold what switching heads off did at one read-out; probabilities are over the whole vocabulary.

    ``kl`` is the Kullback-Leibler divergence KL(before || after) = Σ p·log2(p/q) in bits: 0 = the same distribution.
    """

    token: str  # the expected word
    probability_before: float
    probability_after: float
    kl: float
    top_before: str
    top_after: str

    @property
    def change(self) -> float:
        """Probability of the expected word, after minus before."""
        return self.probability_after - self.probability_before


@dataclass(frozen=True, slots=True)
class HeadEffect:
    """Hold the effect of one head switched off alone."""

    layer: int
    head: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class Cost:
    """Say what ranking all heads takes, before it runs; seconds are estimated from one pass."""

    n_heads: int
    n_passes: int
    seconds: float


def effect(before: np.ndarray, after: np.ndarray, word_id: int, vocabulary: Sequence[str]) -> Effect:
    """Compare the logits ``[V]`` of one read-out before and after."""
    log_p, log_q = _log2_shares(before), _log2_shares(after)
    p, q = np.exp2(log_p), np.exp2(log_q)
    divergence = float((p * (log_p - log_q)).sum())
    return Effect(
        token=vocabulary[word_id],
        probability_before=float(p[word_id]),
        probability_after=float(q[word_id]),
        kl=max(divergence, 0.0),  # rounding can take it below, by less than 1e-9
        top_before=vocabulary[int(before.argmax())],
        top_after=vocabulary[int(after.argmax())],
    )


def _log2_shares(logits: np.ndarray) -> np.ndarray:
    """Give log2 of the softmax, float64 ``[V]``; exact where a probability is too small for a float32."""
    shifted = logits.astype(np.float64) - logits.max()
    return (shifted - np.log(np.exp(shifted).sum())) / np.log(2)


def brightness(run: Run, row: int) -> np.ndarray:
    """Give how brightly each head attends, float32 ``[L, H]``: what a look at its map would call strong.

    The mean, over the row's tokens that are not special and may look at something, of the largest weight each gives to
    a token that is not special either; in a model that reads from left to right the first token counts as special,
    since heads rest there as they rest on [CLS] and [SEP] elsewhere. 0 where nothing is left to look at.
    """
    counted = run.batch.attention_mask[row] & ~special_tokens(run, row)
    if run.model.causal:
        counted &= np.arange(len(counted)) != np.argmax(run.batch.attention_mask[row])
    return np.stack([_brightness(run, row, layer, counted) for layer in range(run.model.n_layers)])


def _brightness(run: Run, row: int, layer: int, counted: np.ndarray) -> np.ndarray:
    """Give the brightness of a layer's heads, float32 ``[H]``, over the counted tokens, bool ``[T]``."""
    queries = counted & looks(run, layer)[row]
    if not queries.any():
        return np.zeros(run.model.n_heads, dtype=np.float32)
    visible = cell_states(run, layer)[row][np.ix_(queries, counted)] == VISIBLE
    weights = run.attentions[row, layer][:, queries][..., counted]
    return np.where(visible, weights, 0).max(axis=-1).mean(axis=-1).astype(np.float32)


def bright_but_idle(ranked: Sequence[HeadEffect], bright: np.ndarray) -> list[HeadEffect]:
    """List the heads among the brightest quarter whose effect is among the smallest quarter, least effect first."""
    if not ranked:
        return []
    lights, effects = _measured(ranked, bright)
    found = (lights >= np.quantile(lights, 1 - QUARTER)) & (effects <= np.quantile(effects, QUARTER))
    return sorted((of for of, is_one in zip(ranked, found, strict=True) if is_one), key=lambda of: of.effect.kl)


def dim_but_vital(ranked: Sequence[HeadEffect], bright: np.ndarray) -> list[HeadEffect]:
    """List the heads among the dimmest quarter whose effect is among the largest quarter, largest effect first."""
    if not ranked:
        return []
    lights, effects = _measured(ranked, bright)
    found = (lights <= np.quantile(lights, QUARTER)) & (effects >= np.quantile(effects, 1 - QUARTER))
    return sorted((of for of, is_one in zip(ranked, found, strict=True) if is_one), key=lambda of: -of.effect.kl)


def _measured(ranked: Sequence[HeadEffect], bright: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lights = np.array([bright[of.layer, of.head] for of in ranked])
    return lights, np.array([of.effect.kl for of in ranked])


def by_effect(ranked: Sequence[HeadEffect]) -> list[HeadEffect]:
    """Sort heads by how far the answer moved without them, furthest first."""
    return sorted(ranked, key=lambda of: -of.effect.kl)


def ranking_table(ranked: Sequence[HeadEffect], bright: np.ndarray) -> dict[str, list]:
    """List the heads as columns, largest effect first; numbers are not rounded."""
    rows = [
        (
            head_label(of.layer, of.head),
            head_index_label(of.layer, of.head),
            float(bright[of.layer, of.head]),
            of.effect.kl,
            of.effect.token,
            of.effect.probability_before,
            of.effect.probability_after,
            of.effect.change,
            of.effect.top_before,
            of.effect.top_after,
        )
        for of in by_effect(ranked)
    ]
    return (
        dict(zip(COLUMNS, (list(column) for column in zip(*rows, strict=True)), strict=True))
        if rows
        else {name: [] for name in COLUMNS}
    )


def parse_off(names: str, n_layers: int, n_heads: int) -> frozenset[Head]:
    """Read heads separated by commas: ``L2H1, Layer4_Head5``.

    ``Layer3`` or ``L2`` is a whole layer, ``Head2`` or ``H1`` that head of every layer.
    Raises ``UnknownHead`` or ``HeadOutOfRange``.
    """
    return frozenset(
        place for name in re.split(r"[,;]", names) if name.strip() for place in _places(name.strip(), n_layers, n_heads)
    )


def _places(name: str, n_layers: int, n_heads: int) -> list[Head]:
    layer = _number(name, _LAYER_FROM_ONE, _LAYER_FROM_ZERO)
    head = _number(name, _HEAD_FROM_ONE, _HEAD_FROM_ZERO)
    if layer is None and head is None:
        return [parse_head(name, n_layers, n_heads)]
    layers = range(n_layers) if layer is None else [layer]
    heads = range(n_heads) if head is None else [head]
    if not all(0 <= layer < n_layers for layer in layers) or not all(0 <= head < n_heads for head in heads):
        raise HeadOutOfRange(label=name, n_layers=n_layers, n_heads=n_heads)
    return [(layer, head) for layer in layers for head in heads]


def _number(name: str, from_one: re.Pattern, from_zero: re.Pattern) -> int | None:
    if match := from_one.fullmatch(name):
        return position_from_number(int(match[1]))
    match = from_zero.fullmatch(name)
    return int(match[1]) if match else None


def off_text(off: Collection[Head], n_heads: int) -> str:
    """Write heads as ``parse_off`` reads them, whole layers by their name: ``L2H1,L3``."""
    full = {layer for layer, _head in off if sum(other == layer for other, _ in off) == n_heads}
    names = {head_index_label(layer, head) if layer not in full else f"L{layer}": None for layer, head in sorted(off)}
    return ",".join(names)
