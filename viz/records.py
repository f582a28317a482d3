"""Define the records that every picture, table and file is made from.

Axes, always in these letters and this order: B row of the batch, L layer, H head, Q query position, K key position,
T position (Q = K = T), V vocabulary, N read-out. Arrays are numpy and refuse writing; shapes are checked once, on
creation (``WrongShape``).
"""

from dataclasses import dataclass

import numpy as np

from viz.errors import SettingOutOfRange, WrongShape


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
        for name in ("input_ids", "attention_mask", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids"):
            _lock(name, getattr(self, name), shape)

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
        _lock("attentions", self.attentions, maps)
        _lock("scores", self.scores, maps)
        _lock("given_mask", self.given_mask, (n_rows, n_tokens), (n_rows, n_tokens, n_tokens))
        _lock("additive_mask", self.additive_mask, (n_rows, 1, *maps[3:]), (n_rows, n_layers, *maps[3:]))
        _lock("readouts", self.readouts, (len(self.readouts), 2))
        # Without read-outs nothing is read off the logits, and a saved run leaves its vocabulary out.
        width = n_words if len(self.readouts) else self.readout_logits.shape[-1]
        _lock("readout_logits", self.readout_logits, (len(self.readouts), width))

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


@dataclass(frozen=True, slots=True)
class Sampling:
    """Say how a text is continued: greedily (the best word each time), or drawn at random if a temperature is given.

    Logits are divided by ``temperature``; then only the ``top_k`` best words stay (0 = all), then only the best ones
    whose probabilities first reach ``top_p`` together. Raises ``SettingOutOfRange``.
    """

    max_new_tokens: int = 10
    temperature: float | None = None  # None = greedy
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self):
        self._require("max_new_tokens", 1 <= self.max_new_tokens <= 100, "1 ≤ max_new_tokens ≤ 100")
        # Logits over a much smaller temperature are no numbers any more.
        self._require("temperature", self.temperature is None or 0.001 <= self.temperature <= 10, "0.001 ≤ temperature ≤ 10")
        self._require("top_k", self.top_k >= 0, "top_k ≥ 0")
        self._require("top_p", 0 < self.top_p <= 1, "0 < top_p ≤ 1")
        self._require("seed", 0 <= self.seed < 2**32, "0 ≤ seed ≤ 4294967295")

    def _require(self, name: str, fulfilled: bool, allowed: str) -> None:
        if not fulfilled:
            raise SettingOutOfRange(name=name, seen=getattr(self, name), allowed=allowed)


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """Hold the continuations of a batch step by step; S steps, and at each the C best candidates.

    ``run`` is one pass over prompts and continuations, ``[B, T + S]``: the word chosen at step s stands in column
    ``n_prompt + s`` and was guessed at the column before. Behind a row's end token there is padding: there, ids are
    -1, ranks 0 and probabilities NaN. Candidates are ordered by the raw logits.
    """

    run: Run
    n_prompt: int  # T, columns of the padded prompts
    sampling: Sampling
    n_new: np.ndarray  # int64[B], tokens each prompt got, its end token included
    finished: np.ndarray  # bool[B], True = the end token came
    probability: np.ndarray  # float64[B, S] of the chosen word, over the whole vocabulary
    probability_after_cut: np.ndarray  # float64[B, S], after temperature, top-k and top-p: what was drawn from
    rank: np.ndarray  # int64[B, S] of the chosen word over the whole vocabulary, 1 = best
    candidate_ids: np.ndarray  # int64[B, S, C]
    candidate_probability: np.ndarray  # float64[B, S, C]
    candidate_after_cut: np.ndarray  # float64[B, S, C]
    continuations: tuple[str, ...]  # [B], the text each prompt got

    def __post_init__(self):
        n_rows, n_tokens = self.run.batch.input_ids.shape
        steps = (n_rows, n_tokens - self.n_prompt)
        for name in ("n_new", "finished"):
            _lock(name, getattr(self, name), (n_rows,))
        for name in ("probability", "probability_after_cut", "rank"):
            _lock(name, getattr(self, name), steps)
        for name in ("candidate_ids", "candidate_probability", "candidate_after_cut"):
            _lock(name, getattr(self, name), (*steps, self.candidate_ids.shape[-1]))

    @property
    def n_steps(self) -> int:
        """S: steps until the last row ended."""
        return self.rank.shape[1]

    @property
    def nbytes(self) -> int:
        """Memory its arrays take, in bytes; what a bounded cache counts."""
        candidates = (self.candidate_ids, self.candidate_probability, self.candidate_after_cut)
        return self.run.nbytes + sum(array.nbytes for array in candidates)


def _lock(name: str, array: np.ndarray | None, *shapes: tuple[int, ...]) -> None:
    """Check that an array has one of the shapes and forbid writing to it."""
    if array is None:
        return
    if array.shape not in shapes:
        expected = " or ".join(str(list(shape)) for shape in dict.fromkeys(shapes))
        raise WrongShape(name=name, seen=list(array.shape), expected=expected)
    array.flags.writeable = False
