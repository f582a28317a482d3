"""Define the stations of a mask on its way from the tokenizer to softmax, as they were read from a running model."""

from dataclasses import dataclass

from viz.text import _


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """Describe a tensor: its shape, its number type, and its smallest distinct values."""

    shape: tuple[int, ...]
    dtype: str  # "int64", "bool", "float32"
    values: tuple[float, ...]  # distinct, in order, at most the first eight
    n_values: int  # distinct values in all


@dataclass(frozen=True, slots=True)
class MaskFunction:
    """Say what transformers' mask function was asked for, and what it gave back (None: nothing to hide)."""

    rule: str  # causal_mask_function, bidirectional_mask_function, ...
    received: TensorFacts | None  # [B, K], the padding mask
    q_length: int
    kv_length: int
    returned: TensorFacts | None  # [B, 1, Q, K]


@dataclass(frozen=True, slots=True)
class ModuleStop:
    """Name one module on the way to a layer's self-attention, and the attention_mask it was called with."""

    class_name: str  # BertSelfAttention
    path: str  # bert.encoder.layer.3.attention.self, empty for the model itself
    received: TensorFacts | None  # None: it was called without a mask


@dataclass(frozen=True, slots=True)
class MaskLife:
    """Hold every station of one pass, in the order they are passed; shapes are those of the running model."""

    library: str  # transformers' version
    layer: int
    tokenizer: TensorFacts  # [B, T], 1 = real token
    given: TensorFacts | None  # what the model was called with: [B, T], or [B, 1, Q, K] where a mask was made by hand
    function: MaskFunction | None  # None: not asked, a mask per query and key is used as it is
    added: TensorFacts | None  # [B, 1, Q, K] what is added to the scores; None: nothing is
    scores: tuple[int, ...]  # shape, [B, H, Q, K]
    attentions: tuple[int, ...]  # shape, [B, H, Q, K]
    modules: tuple[ModuleStop, ...]  # from the model to the self-attention of the layer


@dataclass(frozen=True, slots=True)
class StacksLife:
    """Hold the three masks of one pass of an encoder-decoder, each with its stations."""

    encoder: MaskLife  # the source's tokens look at one another: [B, S]
    decoder: MaskLife  # the target's tokens look at earlier ones: [B, T]
    cross: MaskLife  # the target's tokens look at the source's: given [B, S], arrives as [B, 1, T, S]


def outcome(life: MaskLife) -> str:
    """Say in one sentence what became of the mask."""
    if life.function is None:
        return _("The model was given a mask for each query and key, and uses it as it is.")
    if life.function.returned is None:
        return _(
            "The model is told of no padding and of nothing hidden: "
            "the library makes no mask, and nothing is added to the scores."
        )
    return _("The library made a mask for each query and key from the tokenizer's mask and the rule {rule}.").format(
        rule=life.function.rule
    )
