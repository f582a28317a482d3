"""Patch each of 144 heads alone on the bert-base shape, 16 tokens: our board against plain passes one by one.

Below the ratio are 144 passes of plain transformers (its own attention, no weights returned), which patch nothing: what
a loop over all heads costs at least. Both with one torch thread.
"""

import tempfile
from pathlib import Path

import torch

from benchmarks import paired
from benchmarks.full_size import bert_base

ROUNDS = 5
FIRST = "The turtle moves slow across the [MASK] and the old dog sleeps again."
SECOND = "The turtle moves fast across the [MASK] and the old dog sleeps again."


def main() -> None:
    """Compare time in turns."""
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = paired.compare(_ways(bert_base(Path(folder))), ROUNDS).values()
    paired.ratio("144 heads patched, 16 tokens: ratio of time", ours, plain, "at most 0.4")


def _ways(checkpoint: str) -> dict:
    """Give the board, and as many plain passes as there are heads."""
    from transformers import AutoModelForMaskedLM

    from viz.engine.batching import encode
    from viz.engine.forward import run
    from viz.engine.models import load_model
    from viz.engine.reasons.patching import patch

    loaded = load_model(checkpoint)
    plain = AutoModelForMaskedLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    before = run(loaded, encode(loaded, [FIRST]))
    assert before.batch.n_tokens == 16
    n_heads = loaded.info.n_layers * loaded.info.n_heads
    ids = torch.tensor(before.batch.input_ids)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}

    def patched() -> None:
        assert patch(loaded, before, SECOND, 0).shifts[:, :-1].size == n_heads

    def one_by_one() -> None:
        with torch.inference_mode():
            for _pass in range(n_heads):
                plain(**inputs)

    return {"patch all": patched, "plain passes one by one": one_by_one}


if __name__ == "__main__":
    main()
