"""Run plain transformers, without any of our code: the second road our numbers are compared with."""

from dataclasses import dataclass

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer


@dataclass
class Plain:
    """Hold a model and a tokenizer as a notebook would load them."""

    model: torch.nn.Module
    tokenizer: object


def load(folder, *, causal: bool) -> Plain:
    """Load a checkpoint with eager attention, the one that returns its matrices."""
    kind = AutoModelForCausalLM if causal else AutoModelForMaskedLM
    model = kind.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return Plain(model, tokenizer)


def tokenized(plain: Plain, texts: list[str], side: str = "right") -> dict[str, torch.Tensor]:
    """Tokenize texts as a padded batch; positions count real tokens, as ``generate`` counts them."""
    inputs = dict(plain.tokenizer(texts, padding=True, padding_side=side, return_tensors="pt"))
    inputs["position_ids"] = (inputs["attention_mask"].cumsum(-1) - 1).clamp(min=0)
    return inputs


def output(plain: Plain, inputs: dict[str, torch.Tensor]) -> tuple[np.ndarray, np.ndarray]:
    """Give attentions ``[B, L, H, Q, K]`` and the logits of every position ``[B, T, V]``.

    Without a cache, as our passes are: it lays keys out otherwise, and products are then rounded otherwise (1e-6). A
    script that gives no mask keeps its cache: without either, transformers takes counting anew for packed texts.
    """
    with torch.no_grad():
        result = plain.model(**inputs, use_cache="attention_mask" not in inputs, output_attentions=True)
    return torch.stack(result.attentions, dim=1).numpy(), result.logits.numpy()
