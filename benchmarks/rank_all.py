"""Switch each of 144 heads off alone on the bert-base shape, 16 tokens: our ranking against plain passes one by one.

Below the ratio are 144 passes of plain transformers (its own attention, no weights returned), which switch nothing off:
what a loop over all heads costs at least. Both with one torch thread.
"""

import tempfile
from pathlib import Path

import torch

from benchmarks import paired
from benchmarks.full_size import bert_base

ROUNDS = 5
SENTENCE = "The turtle moves slow across the [MASK] and the old dog sleeps again."


def main() -> None:
    """Compare time in turns."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = bert_base(Path(folder))
        ways = _ways(checkpoint)
        ours, plain = paired.compare(ways, ROUNDS).values()
    paired.ratio("144 heads, 16 tokens: ratio of time", ours, plain, "at most 0.35")


def _ways(checkpoint: str) -> dict:
    """Give the ranking, and as many plain passes as there are heads."""
    from transformers import AutoModelForMaskedLM

    from viz.engine.batching import encode
    from viz.engine.forward import run
    from viz.engine.models import load_model
    from viz.engine.switch_off import rank_all

    loaded = load_model(checkpoint)
    plain = AutoModelForMaskedLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    before = run(loaded, encode(loaded, [SENTENCE]))
    assert before.batch.n_tokens == 16
    n_heads = loaded.info.n_layers * loaded.info.n_heads
    inputs = {
        "input_ids": torch.tensor(before.batch.input_ids),
        "attention_mask": torch.ones_like(torch.tensor(before.batch.input_ids)),
    }

    def ranked() -> None:
        assert len([head for part in rank_all(loaded, before, 0, word_id=0) for head in part]) == n_heads

    def one_by_one() -> None:
        with torch.inference_mode():
            for _pass in range(n_heads):
                plain(**inputs)

    return {"rank all": ranked, "plain passes one by one": one_by_one}


if __name__ == "__main__":
    main()
