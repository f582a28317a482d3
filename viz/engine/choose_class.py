"""Choose which class reads a checkpoint, in which direction it reads, and whether it has a layer over words."""

from collections.abc import Collection
from dataclasses import dataclass

from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_MASKED_LM_MAPPING,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    PreTrainedConfig,
)

from viz.errors import ModelRefused, Reason

# Families in which tokens are mixed by other means than attention, though some name a module after it.
_WITHOUT_ATTENTION = frozenset({"fnet", "mamba", "mamba2", "falcon_mamba", "rwkv", "xlstm"})

# How families of decoders name the layer over words: GPT-2 and Llama, GPT-NeoX.
_WORD_LAYERS = ("lm_head.weight", "embed_out.weight")


@dataclass(frozen=True, slots=True)
class Choice:
    """Say how a checkpoint is read."""

    loader: type
    causal: bool
    has_words: bool  # its class has an output layer over words


def choose(checkpoint: str, config: PreTrainedConfig, weights: Collection[str]) -> Choice:
    """Choose by the checkpoint's own word: BERT would load as a causal model without any complaint.

    A class that predicts no words (a ``BertModel``, a sentence encoder, a classifier) is read without its head, for its
    attention. ``weights`` names what is in the files: a bare decoder has words only if its layer over them is the
    table of its inputs, or lies in the files.
    Raises ``ModelRefused``.
    """
    if config.model_type in _WITHOUT_ATTENTION:
        raise without_attention(checkpoint, config)
    if config.is_encoder_decoder and type(config) in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING:
        return Choice(AutoModelForSeq2SeqLM, causal=False, has_words=True)
    names = config.architectures or [""]
    masks = _masks(config)
    if any("ForMaskedLM" in name or "ForPreTraining" in name for name in names):
        return Choice(AutoModelForMaskedLM, causal=False, has_words=True)
    if names == [""] and masks:
        return Choice(AutoModelForMaskedLM, causal=False, has_words=True)
    if any("LMHead" in name or "ForCausalLM" in name for name in names):
        return Choice(AutoModelForMaskedLM if masks else AutoModelForCausalLM, causal=not masks, has_words=True)
    if masks:
        return Choice(AutoModel, causal=False, has_words=False)
    if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING:
        has_words = names == [""] or names[0].endswith("Model") and _words_are_there(config, weights)
        return Choice(AutoModelForCausalLM if has_words else AutoModel, causal=True, has_words=has_words)
    raise ModelRefused(
        checkpoint=checkpoint,
        reason=Reason(
            "it is a {architecture}, and only language models and encoders of text are read. Choose one of these.",
            architecture=names[0] or config.model_type,
        ),
    )


def without_attention(checkpoint: str, config: PreTrainedConfig) -> ModelRefused:
    """Say that there is nothing to draw."""
    return ModelRefused(
        checkpoint=checkpoint,
        reason=Reason(
            "models of the family {family} have no attention, so there is no map to draw. Choose a transformer, such "
            "as a BERT or a GPT-2.",
            family=config.model_type,
        ),
    )


def _masks(config: PreTrainedConfig) -> bool:
    """Tell whether a model guesses masked words: it can, and if it can write too, it was not made a decoder."""
    masked = getattr(MODEL_FOR_MASKED_LM_MAPPING.get(type(config), None), "__name__", "")
    writes = type(config) in MODEL_FOR_CAUSAL_LM_MAPPING
    return masked.endswith("ForMaskedLM") and not (writes and getattr(config, "is_decoder", True))


def _words_are_there(config: PreTrainedConfig, weights: Collection[str]) -> bool:
    return getattr(config, "tie_word_embeddings", False) or any(name.endswith(_WORD_LAYERS) for name in weights)
