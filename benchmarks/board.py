"""A head board over 200 sentences on the shape of bert-base, against plain forward passes over the same batches.

Plain is the least a script can do: the same batches, tokenized already, without attention and with logits everywhere,
once as transformers loads a model and once with eager attention. Ours tokenizes, groups, records and measures. Peak
memory is measured in a process of its own for each number of sentences, above what the model itself takes.
"""

import multiprocessing
import random
import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks import paired
from benchmarks.batch import raised_by
from benchmarks.full_size import bert_base

ROUNDS = 3
N_SENTENCES = 200
WORDS = "the a dog cat girl boy house road river garden runs sees opens finds small old red quickly in on under".split()


def main() -> None:
    """Compare time in turns, and memory in fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = bert_base(Path(folder))
        ours, default, eager = paired.compare(_ways(checkpoint), ROUNDS).values()
        paired.ratio(f"{N_SENTENCES} sentences: board / plain, its default", ours, default, "at most 1.5")
        paired.ratio(f"{N_SENTENCES} sentences: board / plain, eager", ours, eager, "at most 1.5")
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            peaks = {
                n: [pool.apply(_peak_megabytes, (checkpoint, n)) for _round in range(3)]
                for n in (50, N_SENTENCES, 2 * N_SENTENCES)
            }
    for n, values in peaks.items():
        paired.report(f"{n} sentences: peak above the model", values, "MB")
    few, many, twice = peaks.values()
    paired.ratio(f"memory of {N_SENTENCES} sentences / of 50", many, few, "does not grow with their number")
    paired.ratio(
        f"memory of {2 * N_SENTENCES} sentences / of {N_SENTENCES}", twice, many, "does not grow with their number"
    )


def sentences(n: int) -> list[str]:
    """Give sentences of 6 to 24 words, the same ones every time and in no order of length; the first has 24."""
    draw = random.Random(0)
    lengths = [24, *(draw.randint(6, 24) for _ in range(n - 1))]
    return [" ".join(draw.choices(WORDS, k=length)) + "." for length in lengths]


def _ways(checkpoint: str) -> dict:
    """Give our board and plain passes over the batches it makes."""
    from transformers import AutoModelForMaskedLM

    from viz.analysis.heads import boards
    from viz.engine import many_texts
    from viz.engine.batching import encode
    from viz.engine.models import load_model

    loaded, texts = load_model(checkpoint), sentences(N_SENTENCES)
    lengths = encode(loaded, texts).attention_mask.sum(axis=1).tolist()
    batches = [encode(loaded, [texts[at] for at in group]) for group in many_texts.groups(loaded, lengths)]
    inputs = [
        {
            "input_ids": torch.tensor(batch.input_ids),
            "attention_mask": torch.tensor(batch.attention_mask.astype(np.int64)),
            "token_type_ids": torch.tensor(batch.token_type_ids),
        }
        for batch in batches
    ]
    default = AutoModelForMaskedLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    eager = AutoModelForMaskedLM.from_pretrained(checkpoint, attn_implementation="eager", dtype=torch.float32).eval()

    def plain(model) -> None:
        with torch.inference_mode():
            for given in inputs:
                model(**given)

    return {
        f"board over {N_SENTENCES} sentences": lambda: boards.measure(many_texts.runs(loaded, texts)),
        "plain passes, as transformers loads a model": lambda: plain(default),
        "plain passes, eager attention": lambda: plain(eager),
    }


def _peak_megabytes(checkpoint: str, n: int) -> float:
    """Give by how many MB a board over n sentences raises the memory above the model."""
    from viz.analysis.heads import boards
    from viz.engine import many_texts
    from viz.engine.models import load_model

    loaded, texts = load_model(checkpoint), sentences(n)
    return raised_by(lambda: boards.measure(many_texts.runs(loaded, texts)))


if __name__ == "__main__":
    main()
