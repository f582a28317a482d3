"""Share an answer's logit out among the parts that wrote it, and read the answer off after every layer.

A decoder adds everything it computes to one vector, the state of the token that is read. Its last norm and its output
layer turn that vector into logits; with the norm's scale left as it was in the pass they are linear, so that a logit,
or the difference of two, is a sum with one term a part (direct logit attribution).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.analysis.predictions import best_ids, ranks
from viz.names import head_index_label, head_label, position_number
from viz.records import ModelInfo, lock

SHOWN_WORDS = 10  # of each layer of the lens
COLUMNS = ("part", "index", "layer", "contribution")
LENS_COLUMNS = ("layer", "answer_rank", "answer_logit", "rival_rank", "rival_logit", "rank", "word", "logit")


@dataclass(frozen=True, slots=True)
class Part:
    """Name one part that writes into the state, with what it wrote into the logit; ``layer`` None: before or behind."""

    kind: str  # "head", "mlp", "attention_bias", "token", "position", "norm_bias", "word_bias"
    layer: int | None
    head: int | None
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """Hold what the model would answer after each layer, 0 = before the first; logits are after its last norm."""

    top_ids: np.ndarray  # int64[L + 1, K], best first
    top_logits: np.ndarray  # float32[L + 1, K]
    logits: np.ndarray  # float32[L + 1, W] of the words that are followed: the answer, and its rival where there is one
    ranks: np.ndarray  # int64[L + 1, W], 1 = best of the whole vocabulary

    def __post_init__(self):
        n_read, n_followed = len(self.top_ids), self.logits.shape[-1]
        for name in ("top_ids", "top_logits"):
            lock(name, getattr(self, name), (n_read, self.top_ids.shape[-1]))
        for name in ("logits", "ranks"):
            lock(name, getattr(self, name), (n_read, n_followed))


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Hold what every part wrote into the answer's logit, or into it minus a rival's, at one read-out."""

    model: ModelInfo
    answer_id: int
    rival_id: int | None
    heads: np.ndarray  # float64[L, H]
    attention_biases: np.ndarray  # float64[L], of each output projection
    mlps: np.ndarray  # float64[L]
    token: float  # the vector of the word that stands at the read-out
    position: float | None  # what is added to it before the first layer; None: nothing is
    norm_bias: float  # of the last norm
    word_bias: float  # of the output layer
    scale: float  # what the last norm divided by, in the pass
    answer_logit: float  # the model's own
    rival_logit: float | None
    lens: Lens

    def __post_init__(self):
        n_layers = len(self.heads)
        lock("heads", self.heads, (self.model.n_layers, self.model.n_heads))
        lock("attention_biases", self.attention_biases, (n_layers,))
        lock("mlps", self.mlps, (n_layers,))

    @property
    def logit(self) -> float:
        """Give the number that is shared out, as the model has it: the answer's logit, or that minus the rival's."""
        return self.answer_logit - (self.rival_logit or 0.0)

    @property
    def words(self) -> tuple[str, str | None]:
        """Name the answer and its rival."""
        rival = None if self.rival_id is None else self.model.vocabulary[self.rival_id]
        return self.model.vocabulary[self.answer_id], rival

    @property
    def n_parts(self) -> int:
        """Count the parts."""
        return len(parts(self))

    @property
    def total(self) -> float:
        """Sum all parts; the model's own number, but for rounding."""
        return sum(part.value for part in parts(self))

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        lens = (self.lens.top_ids, self.lens.top_logits, self.lens.logits, self.lens.ranks)
        return sum(array.nbytes for array in (self.heads, self.attention_biases, self.mlps, *lens))


def lens_of(logits: np.ndarray, followed: Sequence[int]) -> Lens:
    """Keep of the logits after each layer ``[L + 1, V]`` the best words, and those of the words that are followed."""
    best = np.stack([best_ids(of_layer, SHOWN_WORDS) for of_layer in logits])
    places = np.stack([ranks(of_layer)[list(followed)] for of_layer in logits])
    return Lens(best, np.take_along_axis(logits, best, axis=1), logits[:, list(followed)], places)


def parts(of: Attribution) -> list[Part]:
    """List every part once, in the order in which the model comes to it; their values sum to ``of.total``."""
    found = [Part("token", None, None, of.token)]
    if of.position is not None:
        found.append(Part("position", None, None, of.position))
    for layer, heads in enumerate(of.heads):
        found += [Part("head", layer, head, float(value)) for head, value in enumerate(heads)]
        found.append(Part("attention_bias", layer, None, float(of.attention_biases[layer])))
        found.append(Part("mlp", layer, None, float(of.mlps[layer])))
    return [*found, Part("norm_bias", None, None, of.norm_bias), Part("word_bias", None, None, of.word_bias)]


def strongest(of: Attribution) -> list[Part]:
    """List every part, the largest contribution either way first."""
    return sorted(parts(of), key=lambda part: -abs(part.value))


def by_layer(of: Attribution) -> dict[str, np.ndarray]:
    """Give what the heads of each layer, with the bias of their projection, and its MLP wrote, ``[L]`` each."""
    return {"heads": of.heads.sum(axis=1) + of.attention_biases, "mlp": of.mlps}


def rest(of: Attribution) -> tuple[float, float]:
    """Give what was there before the first layer, and what the biases behind the last one add."""
    return of.token + (of.position or 0.0), of.norm_bias + of.word_bias


def settles(of: Attribution) -> int | None:
    """Give after how many layers the answer is the best word and stays it; None where it is not the model's own."""
    is_best = of.lens.ranks[:, 0] == 1
    if not is_best[-1]:
        return None
    return int(len(is_best) - np.argmin(is_best[::-1])) if not is_best.all() else 0


def table(of: Attribution) -> dict[str, list]:
    """List the parts as columns, the largest either way first; layers count from 1, contributions are not rounded."""
    listed = strongest(of)
    columns = (
        [_name(part) for part in listed],
        ["" if part.head is None else head_index_label(part.layer or 0, part.head) for part in listed],
        ["" if part.layer is None else position_number(part.layer) for part in listed],
        [part.value for part in listed],
    )
    return dict(zip(COLUMNS, columns, strict=True))


def _name(part: Part) -> str:
    return part.kind if part.head is None else head_label(part.layer or 0, part.head)


def lens_table(of: Attribution) -> dict[str, list]:
    """List the best words after each layer as columns, one a line; layer 0 is before the first."""
    lens, lines = of.lens, []
    for layer, (ids, logits) in enumerate(zip(lens.top_ids.tolist(), lens.top_logits.tolist())):
        followed = [number for pair in zip(lens.ranks[layer].tolist(), lens.logits[layer].tolist()) for number in pair]
        followed += [""] * (4 - len(followed))
        for rank, (token_id, logit) in enumerate(zip(ids, logits), start=1):
            lines.append((layer, *followed, rank, of.model.vocabulary[token_id], logit))
    return dict(zip(LENS_COLUMNS, map(list, zip(*lines)), strict=True))
