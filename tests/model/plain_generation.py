"""Continue texts with plain transformers, as a script does, to compare with."""

from dataclasses import dataclass

import numpy as np
import torch

from tests.model import plain
from viz.analysis.batches.generation import Generation, Sampling
from viz.engine.batching import encode
from viz.engine.models import LoadedModel
from viz.records import Batch

PROMPTS = ["It will rain in the", "I want to eat a big bowl of", "My dog is"]
CHOICES = [
    Sampling(9, temperature=1.0, seed=0),
    Sampling(9, temperature=0.7, top_k=5, seed=1),
    Sampling(9, temperature=1.4, top_p=0.8, seed=2),
    Sampling(9, temperature=1, top_k=40, top_p=0.9, seed=2**32 - 1),
]


@dataclass
class Pair:
    """Hold a model as the app loads it and as a notebook does."""

    ours: LoadedModel
    theirs: plain.Plain


def plainly(theirs: plain.Plain, texts: list[str], max_new_tokens: int, side: str = "left", **flags):
    """Generate as a script does, with everything that can be asked for."""
    inputs = theirs.tokenizer(texts, padding=True, padding_side=side, return_tensors="pt")
    return theirs.model.generate(
        **inputs,
        max_new_tokens=max_new_tokens,
        pad_token_id=theirs.tokenizer.pad_token_id,
        return_dict_in_generate=True,
        output_logits=True,
        output_scores=True,
        output_attentions=True,
        **({"do_sample": False} | flags),
    )


def plainly_sampled(theirs: plain.Plain, sampling: Sampling, texts: list[str] = PROMPTS):
    torch.manual_seed(sampling.seed)
    cut = {"temperature": float(sampling.temperature), "top_k": sampling.top_k, "top_p": sampling.top_p}
    return plainly(theirs, texts, sampling.max_new_tokens, do_sample=True, **cut)


def left(pair: Pair, texts: list[str] = PROMPTS) -> Batch:
    return encode(pair.ours, texts, padding_side="left")


def ids(generation: Generation) -> list:
    return generation.run.batch.input_ids.tolist()


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()
