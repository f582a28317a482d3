"""The recording pass against plain transformers: eager attention with output_attentions, bert-base shape."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForMaskedLM

from benchmarks import paired
from benchmarks.full_size import bert_base
from viz.engine import capture, stacks
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model

ROUNDS = 15
TARGET = "at most 1.10"


def main() -> None:
    """Compare whole passes (what the app does against what a script does) and the encoders alone."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = bert_base(Path(folder))
        loaded = load_model(checkpoint)
        plain = AutoModelForMaskedLM.from_pretrained(
            checkpoint, attn_implementation="eager", dtype=torch.float32
        ).eval()
        for n_tokens in (16, 128):
            _compare(loaded, plain, n_tokens)


def _compare(loaded, plain, n_tokens: int) -> None:
    batch = encode(loaded, ["[MASK] " + "the " * (n_tokens - 3)])
    assert batch.n_tokens == n_tokens
    inputs = {
        "input_ids": torch.tensor(batch.input_ids),
        "attention_mask": torch.tensor(batch.attention_mask.astype(np.int64)),
        "token_type_ids": torch.tensor(batch.token_type_ids),
    }

    def recorded_encoder() -> None:
        shape = (1, loaded.info.n_layers, loaded.info.n_heads, n_tokens, n_tokens)
        layers = {"self": capture.LayerRecord(torch.empty(shape), torch.empty(shape))}
        record = capture.Recording(stacks.kinds(loaded.model), layers, torch.zeros((0, 2), dtype=torch.int64))
        with torch.inference_mode(), capture.recording(record):
            loaded.model.bert(**inputs)

    def plain_pass(model) -> None:
        with torch.inference_mode():
            model(**inputs, output_attentions=True)

    taken = paired.compare(
        {
            f"T={n_tokens}: headlight, whole pass": lambda: run(loaded, batch),
            f"T={n_tokens}: transformers, whole pass": lambda: plain_pass(plain),
            f"T={n_tokens}: headlight, encoder alone": recorded_encoder,
            f"T={n_tokens}: transformers, encoder alone": lambda: plain_pass(plain.bert),
        },
        ROUNDS,
    )
    ours, theirs, our_encoder, their_encoder = taken.values()
    paired.ratio(f"T={n_tokens}: ratio, whole pass", ours, theirs, TARGET)
    paired.ratio(f"T={n_tokens}: ratio, encoder alone", our_encoder, their_encoder, TARGET)


if __name__ == "__main__":
    main()
