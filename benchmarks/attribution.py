"""Share an answer out on the shape of GPT-2 small, 128 tokens: the pass that is listened to against a plain pass.

The plain pass is transformers' own, with the attention it chooses, returning no weights and the last token's logits
only, as a script that wants the next word has it. Both with one torch thread.
"""

import tempfile
from pathlib import Path

import torch

from benchmarks import paired
from benchmarks.full_size import gpt2_small

ROUNDS = 9
N_TOKENS = 128


def main() -> None:
    """Compare time in turns."""
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = paired.compare(_ways(gpt2_small(Path(folder))), ROUNDS).values()
    paired.ratio(f"attribution, {N_TOKENS} tokens: ratio of time", ours, plain, "at most 1.3")


def _ways(checkpoint: str) -> dict:
    """Give the attribution with its lens, and a plain pass over the same text."""
    from transformers import AutoModelForCausalLM

    from viz.engine.batching import encode
    from viz.engine.forward import run
    from viz.engine.models import load_model
    from viz.engine.reasons.attribution import attribute

    loaded = load_model(checkpoint)
    plain = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    before = run(loaded, encode(loaded, ["the " * N_TOKENS]))
    ids = torch.tensor(before.batch.input_ids)

    def shared_out() -> None:
        of = attribute(loaded, before, 0, 300, 7)
        assert abs(of.total - of.logit) < 1e-3

    def one_pass() -> None:
        with torch.inference_mode():
            plain(input_ids=ids, use_cache=False, logits_to_keep=1)

    return {"attribution": shared_out, "plain pass": one_pass}


if __name__ == "__main__":
    main()
