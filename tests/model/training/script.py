"""Collate and train as a script does, with plain transformers: the second road that losses are compared with."""

import numpy as np
import torch
from transformers import DataCollatorForLanguageModeling

from tests.model import plain
from viz.engine.models import load_model
from viz.engine.training import collate
from viz.shipped import MODELS_FOLDER

TEXTS = [
    "The turtle moves slow across the river.",
    "the old dog ran under the green tree and the small bird sat",
    "She was happy.",
]
ONE_LENGTH = ["the cat sat on the mat", "the dog ran to the mat", "the cat sat on the mat"]
SEED, SHARE = 5, 0.4
WAYS = [(True, False), (True, True), (False, False), (False, True)]
MODELS = ["tiny-bert", "tiny-gpt2", "headlight-bert", "headlight-gpt2"]


def opened(name: str, tiny_bert_folder, tiny_gpt2_folder):
    """Load a model our way and plainly."""
    folder = {"tiny-bert": tiny_bert_folder, "tiny-gpt2": tiny_gpt2_folder}.get(name)
    loaded = load_model(name if folder is None else str(folder))
    return loaded, plain.load(folder or MODELS_FOLDER / name, causal=loaded.info.causal)


def script(
    second: plain.Plain, texts: list[str], *, causal: bool, side: str = "right", seed: int = SEED, lists: bool = False
):
    """Collate texts as a training script does, with the end token behind each text of a causal model."""
    tokenizer = second.tokenizer
    tokenizer.padding_side = side
    ends = tokenizer.eos_token if causal else ""
    features = [dict(tokenizer(text + ends, return_special_tokens_mask=True)) for text in texts]
    if lists:
        features = [feature["input_ids"] for feature in features]
    collator = DataCollatorForLanguageModeling(tokenizer, mlm=not causal, mlm_probability=SHARE, seed=seed)
    return collator(features)


def ours_of(loaded, texts=TEXTS, **options):
    return collate(loaded, texts, **({"seed": SEED, "mlm_probability": SHARE} | options))


def plain_way(second: plain.Plain, inputs: dict, mask_given: bool, padding_scored: bool):
    """Run one way as a script would, with attentions: its output, its labels, and which tokens are real."""
    inputs = dict(inputs)
    real = inputs["attention_mask"].bool()
    if padding_scored:
        inputs["labels"] = torch.where(real, inputs["labels"], inputs["input_ids"])
    if not mask_given:
        del inputs["attention_mask"]
    with torch.no_grad():
        return second.model(**inputs, output_attentions=True), inputs["labels"], real


def losses_by_hand(logits: np.ndarray, labels: np.ndarray, *, causal: bool) -> np.ndarray:
    """Take log Σ exp(logits) minus the label's logit at each scored position, float64 ``[B, T]``, NaN elsewhere."""
    each = np.full(labels.shape, np.nan)
    for row, at in np.argwhere(labels != -100):
        reads = at - 1 if causal else at
        if reads >= 0:
            z = logits[row, reads]
            each[row, at] = z.max() + np.log(np.exp(z - z.max()).sum()) - z[labels[row, at]]
    return each
