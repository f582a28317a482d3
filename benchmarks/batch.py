"""A padded batch of 16 prompts on the shape of GPT-2 small: our pass with capture against plain transformers.

Plain is what a script does to get the same pictures: eager attention, ``output_attentions=True``, logits everywhere.
Peak memory is measured in a process of its own for each way, above what the model itself takes.
"""

import multiprocessing
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks import paired
from benchmarks.full_size import bert_base, gpt2_small

ROUNDS = 9
LENGTHS = (4, 64, 9, 31, 17, 48, 5, 22, 60, 12, 40, 7, 27, 55, 14, 36)  # tokens of each prompt


def main() -> None:
    """Compare time in turns and memory in fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = gpt2_small(Path(folder))
        ways = _ways(checkpoint)
        ours, theirs = paired.compare(ways, ROUNDS).values()
        paired.ratio("16 prompts of 4 to 64 tokens: ratio of time", ours, theirs, "at most 1.15")
        context = multiprocessing.get_context("spawn")
        with context.Pool(1, maxtasksperchild=1) as pool:
            peaks = [[pool.apply(_peak_megabytes, (checkpoint, name)) for name in ways] for _round in range(3)]
        ours, theirs = (list(values) for values in zip(*peaks))
        for name, values in zip(ways, (ours, theirs)):
            paired.report(f"{name}: peak above the model", values, "MB")
        paired.ratio("16 prompts of 4 to 64 tokens: ratio of memory", ours, theirs, "at most 1.2")
    with tempfile.TemporaryDirectory() as folder, context.Pool(1) as pool:
        peak = pool.apply(_peak_of_the_largest, (bert_base(Path(folder)),))
    paired.report("4 texts of 512 tokens on bert-base: peak above the model", [peak], "MB", "at most 4,000 MB")


def _ways(checkpoint: str) -> dict:
    """Give both ways of running the same batch, padded on the left."""
    from transformers import AutoModelForCausalLM

    from viz.engine.batching import encode
    from viz.engine.forward import run
    from viz.engine.models import load_model

    loaded = load_model(checkpoint)
    plain = AutoModelForCausalLM.from_pretrained(checkpoint, attn_implementation="eager", dtype=torch.float32).eval()
    batch = encode(loaded, ["a" + " a" * (n - 1) for n in LENGTHS], padding_side="left")
    assert batch.attention_mask.sum(axis=1).tolist() == list(LENGTHS)
    inputs = {
        "input_ids": torch.tensor(batch.input_ids),
        "attention_mask": torch.tensor(batch.attention_mask.astype(np.int64)),
        "position_ids": torch.tensor(batch.position_ids),
    }

    def plain_pass() -> None:
        with torch.inference_mode():
            plain(**inputs, output_attentions=True, use_cache=False)

    return {"headlight": lambda: run(loaded, batch), "transformers": plain_pass}


def _peak_megabytes(checkpoint: str, name: str) -> float:
    """Give by how many MB one pass of either way raises the memory above the model."""
    return raised_by(_ways(checkpoint)[name])


def _peak_of_the_largest(checkpoint: str) -> float:
    """Give the peak of the largest batch of 512 tokens that is not refused."""
    from viz.engine.batching import encode
    from viz.engine.forward import run
    from viz.engine.models import load_model

    loaded = load_model(checkpoint)
    batch = encode(loaded, ["[MASK] " + "the " * 509] * 4)
    return raised_by(lambda: run(loaded, batch))


def raised_by(work: Callable[[], object]) -> float:
    """Give by how many MB a call raises this process's memory at most."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _status("VmRSS")
    work()
    return (_status("VmHWM") - before) / 1000


def _status(field: str) -> int:
    """Read a figure of this process in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(field)))


if __name__ == "__main__":
    main()
