"""What all heads contribute against plain transformers: eager attention with output_attentions, bert-base shape."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForMaskedLM

from benchmarks import paired
from benchmarks.full_size import bert_base
from viz.analysis.reasons.contribution import require, row_contributions
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model

ROUNDS = 15
N_TOKENS = 128
TARGET = "at most 1.60"


def main() -> None:
    """Compare a pass and the contribution maps of all heads with the plain pass, and with our pass alone."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = bert_base(Path(folder))
        loaded = load_model(checkpoint)
        plain = AutoModelForMaskedLM.from_pretrained(
            checkpoint, attn_implementation="eager", dtype=torch.float32
        ).eval()
        batch = encode(loaded, ["[MASK] " + "the " * (N_TOKENS - 3)])
        assert batch.n_tokens == N_TOKENS
        inputs = {
            "input_ids": torch.tensor(batch.input_ids),
            "attention_mask": torch.tensor(batch.attention_mask.astype(np.int64)),
            "token_type_ids": torch.tensor(batch.token_type_ids),
        }

        def plain_pass() -> None:
            with torch.inference_mode():
                plain(**inputs, output_attentions=True)

        taken = paired.compare(
            {
                "headlight, pass and contribution maps": lambda: row_contributions(run(loaded, batch), 0),
                "headlight, pass alone": lambda: require(run(loaded, batch)),
                "transformers, pass": plain_pass,
            },
            ROUNDS,
        )
    ours, alone, theirs = taken.values()
    paired.ratio("ratio, pass and contribution maps", ours, theirs, TARGET)
    paired.ratio("ratio, pass alone", alone, theirs, TARGET)


if __name__ == "__main__":
    main()
