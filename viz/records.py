"""Define the records that every picture, table and file is made from.

Axes, always in these letters and this order: B row of the batch, L layer, H head, Q query position, K key position,
T position (where Q = K), V vocabulary, N read-out. Arrays are numpy and refuse writing; shapes are checked once, on
creation (``WrongShape``).
"""

from dataclasses import dataclass

import numpy as np

from viz.errors import WrongShape
from viz.view import PLAIN, View


@dataclass(frozen=True, slots=True)
class Stack:
    """Say how many layers and heads a model has for one kind of attention."""

    kind: str  # "self"; "encoder", "decoder" and "cross" in a model of two stacks
    n_layers: int
    n_heads: int


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ModelInfo:
    """Describe a model: what it is called, how large it is, whether its weights were trained.

    ``words`` says whether its output layer can be believed: ``"read"``; ``"none"`` where it has none (a sentence
    encoder); ``"missing"`` where its weights were not in the files. Where it is not ``"read"`` a run has no read-outs.
    """

    checkpoint: str
    revision: str
    family: str
    weights: str  # "pretrained", or "random": printed on every picture
    causal: bool  # of attention "self"; False where there are two stacks: of these the decoder's alone is causal
    n_layers: int
    n_heads: int
    max_positions: int
    mask_token: str | None
    vocabulary: tuple[str, ...]  # [V] display strings; empty where no words are read
    words: str = "read"
    stacks: tuple[Stack, ...] = ()  # of a model of two stacks: one a kind; n_layers and n_heads are its decoder's

    def stack(self, kind: str) -> Stack:
        """Give the layers and heads of one kind of attention. Raises ``KeyError`` where the model has none of it."""
        known = self.stacks or (Stack("self", self.n_layers, self.n_heads),)
        return {stack.kind: stack for stack in known}[kind]


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


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Hold the attention of one kind, from the query tokens of each row to its key tokens; Q and K may differ.

    ``allowed`` is what each layer really let through, read from the running model: bool ``[B, 1 or L, Q, K]``, one
    layer where all let through the same. ``added`` is what was added to the scores, None where nothing was.
    ``value_norms`` is how long each key's value vector is once its head has written it into the states, ‖f(x)‖ with
    f(x) = (x W_V + b_V) W_O; a weight times it is what the head really adds of that key.
    """

    queries: tuple[tuple[str, ...], ...]  # [B][Q] display strings
    keys: tuple[tuple[str, ...], ...]  # [B][K]
    query_mask: np.ndarray  # bool[B, Q], True = real token
    key_mask: np.ndarray  # bool[B, K]
    attentions: np.ndarray  # float32[B, L, H, Q, K], after softmax
    scores: np.ndarray | None  # float32[B, L, H, Q, K], before the mask
    added: np.ndarray | None  # float32[B, 1 or L, Q, K]
    allowed: np.ndarray  # bool[B, 1 or L, Q, K]
    value_norms: np.ndarray | None = None  # float32[B, L, H, K]

    def __post_init__(self):
        n_rows, n_queries, n_keys = len(self.queries), len(self.queries[0]), len(self.keys[0])
        n_layers, n_heads = self.attentions.shape[1:3] if self.attentions.ndim == 5 else (0, 0)
        cells = (n_queries, n_keys)
        lock("query_mask", self.query_mask, (n_rows, n_queries))
        lock("key_mask", self.key_mask, (n_rows, n_keys))
        for name in ("attentions", "scores"):
            lock(name, getattr(self, name), (n_rows, n_layers, n_heads, *cells))
        for name in ("added", "allowed"):
            lock(name, getattr(self, name), (n_rows, 1, *cells), (n_rows, n_layers, *cells))
        lock("value_norms", self.value_norms, (n_rows, n_layers, n_heads, n_keys))

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes."""
        arrays = (self.attentions, self.scores, self.added, self.allowed, self.value_norms)
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Run:
    """Hold one pass of a model over a batch, without torch.

    ``maps`` has one entry a kind of attention: ``"self"`` where a model has one stack; ``"encoder"``, ``"decoder"``
    and ``"cross"`` where it has two. ``given_mask`` is what the model was told (bool ``[B, K]`` or ``[B, Q, K]``,
    True = may be looked at); it differs from ``batch.attention_mask`` where a person hid tokens.

    Where there are two stacks ``batch`` and ``given_mask`` are of the source, ``target`` holds what the decoder read
    (its start token first), and read-outs are positions of the target: each predicts the token after it.

    ``view`` says how the maps were read off those of the model; heads that were joined are one.
    """

    model: ModelInfo
    batch: Batch
    given_mask: np.ndarray
    maps: dict[str, Maps]
    readouts: np.ndarray  # int64[N, 2]: (row, position) of each prediction
    readout_logits: np.ndarray  # float32[N, V]
    target: Batch | None = None
    view: View = PLAIN

    def __post_init__(self):
        n_rows, n_tokens = self.batch.input_ids.shape
        lock("given_mask", self.given_mask, (n_rows, n_tokens), (n_rows, n_tokens, n_tokens))
        if "self" in self.maps:
            heads = (self.model.n_layers, self.model.n_heads)
            shape = (n_rows, *(self.attentions.shape[1:3] if self.view.combined else heads), n_tokens, n_tokens)
            lock("attentions", self.attentions, shape)
        lock("readouts", self.readouts, (len(self.readouts), 2))
        # Without read-outs nothing is read off the logits, and a saved run leaves its vocabulary out.
        width = len(self.model.vocabulary) if len(self.readouts) else self.readout_logits.shape[-1]
        lock("readout_logits", self.readout_logits, (len(self.readouts), width))

    @property
    def attentions(self) -> np.ndarray:
        """Attention after softmax, float32 ``[B, L, H, Q, K]``, of a run of one kind."""
        return self.maps["self"].attentions

    @property
    def scores(self) -> np.ndarray | None:
        """Scores before the mask, of a run of one kind."""
        return self.maps["self"].scores

    @property
    def additive_mask(self) -> np.ndarray | None:
        """What was added to the scores, of a run of one kind."""
        return self.maps["self"].added

    @property
    def allowed(self) -> np.ndarray:
        """What each layer let through, bool ``[B, 1 or L, Q, K]``, of a run of one kind."""
        return self.maps["self"].allowed

    def stack(self, kind: str) -> Stack:
        """Give the layers and heads of the maps of one kind; a file of others says them nowhere else."""
        return Stack(kind, *self.maps[kind].attentions.shape[1:3])

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        return self.readout_logits.nbytes + sum(maps.nbytes for maps in self.maps.values())


def self_maps(
    batch: Batch,
    attentions: np.ndarray,
    scores: np.ndarray | None,
    added: np.ndarray | None,
    allowed: np.ndarray,
    value_norms: np.ndarray | None = None,
) -> dict[str, Maps]:
    """Give the maps of a model with one stack: every token of the batch looks at the tokens of its row."""
    real = batch.attention_mask
    return {"self": Maps(batch.tokens, batch.tokens, real, real, attentions, scores, added, allowed, value_norms)}


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
