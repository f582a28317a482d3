"""Run plain transformers, without any of our code: the second road our numbers are compared with."""

from dataclasses import dataclass
from typing import Any

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


def attentions_of(folder, text: str) -> tuple[list[str], np.ndarray]:
    """Give what a BERT of a folder says about one text: tokens, and the attention of all heads ``[L, H, Q, K]``.

    One thread, as in the app: two add up in another order, and the sixth decimal differs.
    """
    torch.set_num_threads(1)
    of = load(folder, causal=False)
    inputs = of.tokenizer(text, return_tensors="pt")
    with torch.inference_mode():
        attentions = of.model(**inputs, output_attentions=True).attentions
    return of.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0]), torch.stack(attentions)[:, 0].numpy()


def brought(plain: Plain, inputs: dict[str, torch.Tensor]) -> np.ndarray:
    """Give ‖α·f(x)‖ of every cell of a BERT, float64 ``[B, L, H, Q, K]``: from its states, by its own matrices."""
    model: Any = plain.model
    with torch.no_grad():
        out = model(**inputs, output_attentions=True, output_hidden_states=True)
        layers = []
        for layer, states in zip(model.bert.encoder.layer, out.hidden_states, strict=False):
            n_heads = layer.attention.self.num_attention_heads
            values = layer.attention.self.value(states).double().chunk(n_heads, dim=2)  # [B, K, D] a head
            weights = layer.attention.output.dense.weight.double().chunk(n_heads, dim=1)  # [hidden, D] a head
            layers.append([(value @ of.T).norm(dim=2) for value, of in zip(values, weights, strict=True)])
    norms = torch.stack([torch.stack(heads, dim=1) for heads in layers], dim=1)  # [B, L, H, K]
    return (torch.stack(out.attentions, dim=1) * norms[:, :, :, None]).numpy()
