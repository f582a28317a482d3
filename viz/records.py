"""Define the records that every picture, table and file is made from.

Axes, always in these letters and this order: B row of the batch, L layer, H head, Q query position, K key position,
T position (Q = K = T), V vocabulary, N read-out. Arrays are numpy and refuse writing; shapes are checked once, on
creation (``WrongShape``).
"""

from dataclasses import dataclass

import numpy as np

from viz.errors import WrongShape


@dataclass(frozen=True, slots=True, eq=False)
class ModelInfo:
    """Describe a model: what it is called, how large it is, whether its weights were trained."""

    checkpoint: str
    revision: str
    family: str
    weights: str  # "pretrained", or "random": printed on every picture
    causal: bool
    n_layers: int
    n_heads: int
    max_positions: int
    mask_token: str | None
    vocabulary: tuple[str, ...]  # [V] display strings


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Hold texts as the tokenizer made them: ``[B, T]``, padded to one length.

    ``attention_mask`` is True at real tokens; padding is carried here and never guessed from ids.
    """

    texts: tuple[str, ...]
    tokens: tuple[tuple[str, ...], ...]  # [B][T] display strings
    input_ids: np.ndarray  # int64[B, T]
    attention_mask: np.ndarray  # bool[B, T], True = real token
    special_tokens_mask: np.ndarray  # bool[B, T], True = added by the tokenizer ([CLS], [SEP], padding)
    token_type_ids: np.ndarray | None  # int64[B, T]
    position_ids: np.ndarray  # int64[B, T]
    word_ids: np.ndarray  # int64[B, T], -1 where a token belongs to no word
    padding_side: str
    truncated: tuple[bool, ...]  # [B], True = cut to what the model reads

    def __post_init__(self):
        shape = (len(self.texts), len(self.tokens[0]))
        lengths = [len(row) for row in self.tokens]
        if lengths != [shape[1]] * shape[0]:
            raise WrongShape(name="tokens", seen=lengths, expected=f"{shape[0]} rows of one length")
        for name in (
            "input_ids",
            "attention_mask",
            "special_tokens_mask",
            "token_type_ids",
            "position_ids",
            "word_ids",
        ):
            lock(name, getattr(self, name), shape)

    @property
    def n_tokens(self) -> int:
        """T: positions in a row, padding counted."""
        return self.input_ids.shape[1]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Run:
    """Hold one pass of a model over a batch, without torch.

    ``given_mask`` is what the model was told (bool ``[B, K]`` or ``[B, Q, K]``, True = may be looked at); it differs
    from ``batch.attention_mask`` where a person hid tokens. ``additive_mask`` is what the model added to the scores
    (``[B, 1, Q, K]``, or ``[B, L, Q, K]`` where layers differ), None where it added nothing.
    """

    model: ModelInfo
    batch: Batch
    given_mask: np.ndarray
    attentions: np.ndarray  # float32[B, L, H, Q, K], after softmax
    scores: np.ndarray | None  # float32[B, L, H, Q, K], q·k/√d before the mask
    additive_mask: np.ndarray | None
    readouts: np.ndarray  # int64[N, 2]: (row, position) of each prediction
    readout_logits: np.ndarray  # float32[N, V]

    def __post_init__(self):
        n_rows, n_tokens = self.batch.input_ids.shape
        n_layers, n_words = self.model.n_layers, len(self.model.vocabulary)
        maps = (n_rows, n_layers, self.model.n_heads, n_tokens, n_tokens)
        lock("attentions", self.attentions, maps)
        lock("scores", self.scores, maps)
        lock("given_mask", self.given_mask, (n_rows, n_tokens), (n_rows, n_tokens, n_tokens))
        lock("additive_mask", self.additive_mask, (n_rows, 1, *maps[3:]), (n_rows, n_layers, *maps[3:]))
        lock("readouts", self.readouts, (len(self.readouts), 2))
        # Without read-outs nothing is read off the logits, and a saved run leaves its vocabulary out.
        width = n_words if len(self.readouts) else self.readout_logits.shape[-1]
        lock("readout_logits", self.readout_logits, (len(self.readouts), width))

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        arrays = (self.attentions, self.scores, self.additive_mask, self.readout_logits)
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True, slots=True)
class Prediction:
    """Hold one word the model proposes; ``rank`` 1 is best, ``probability`` is over the whole vocabulary."""

    rank: int
    token_id: int
    token: str
    logit: float
    probability: float


@dataclass(frozen=True, slots=True)
class PadToken:
    """Name the token that fills up a batch; a model without one of its own (GPT-2) uses its end token."""

    token_id: int
    token: str
    is_end_token: bool
    is_filler: bool = False  # the tokenizer has neither a padding nor an end token: any other one stands in


def lock(name: str, array: np.ndarray | None, *shapes: tuple[int, ...]) -> None:
    """Check that an array has one of the shapes and forbid writing to it."""
    if array is None:
        return
    if array.shape not in shapes:
        expected = " or ".join(str(list(shape)) for shape in dict.fromkeys(shapes))
        raise WrongShape(name=name, seen=list(array.shape), expected=expected)
    array.flags.writeable = False
