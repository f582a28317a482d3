"""A corpus of 2,000 sentences against plain batched passes with output_attentions, and its memory by sentences.

Plain is the least a script can do: the same batches, tokenized already, as transformers runs them with eager attention,
every map thrown away. Ours tokenizes, groups, records and reads all heads. On the shape of bert-base a quarter of the
sentences are timed, which is enough for a ratio. Peak memory is measured in a process of its own for each number of
sentences, above what the model itself takes; growth is what 2,000 take more than 500.
"""

import multiprocessing
import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks import paired
from benchmarks.batch import raised_by
from benchmarks.board import sentences
from benchmarks.full_size import bert_base
from viz.files.corpus import sample
from viz.shipped import MODELS_FOLDER

ROUNDS = 3
MANY, FEW = 2_000, 500


def main() -> None:
    """Compare time in turns, and memory in fresh processes."""
    ours = str(MODELS_FOLDER / "headlight-bert")
    with tempfile.TemporaryDirectory() as folder:
        large = bert_base(Path(folder))
        _time(f"headlight-bert, {MANY} sentences", ours, sample()[:MANY], "")
        _time(f"bert-base's shape, {FEW} sentences", large, tuple(sentences(FEW)), "at most 1.3")
        _memory("headlight-bert", ours)
        _memory("bert-base's shape", large)


def _time(name: str, checkpoint: str, texts: tuple[str, ...], target: str) -> None:
    read, plain = paired.compare(_ways(name, checkpoint, texts), ROUNDS).values()
    paired.ratio(f"{name}: read / plain passes", read, plain, target)


def _memory(name: str, checkpoint: str) -> None:
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        few, many = ([pool.apply(_peak_megabytes, (checkpoint, n)) for _round in range(3)] for n in (FEW, MANY))
    paired.report(f"{name}, {FEW} sentences: peak above the model", few, "MB")
    paired.report(f"{name}, {MANY} sentences: peak above the model", many, "MB")
    growth = [more - less for more, less in zip(many, few, strict=True)]
    paired.report(f"{name}: growth of the peak", growth, "MB", "0")


def _ways(name: str, checkpoint: str, texts: tuple[str, ...]) -> dict:
    """Give our reading and plain passes over the batches it makes."""
    from transformers import AutoModelForMaskedLM

    from viz.engine import many_texts
    from viz.engine.batching import encode
    from viz.engine.models import load_model

    loaded = load_model(checkpoint)
    batches = [encode(loaded, group) for group in many_texts.batches(loaded, texts)]
    inputs = [
        {
            "input_ids": torch.tensor(batch.input_ids),
            "attention_mask": torch.tensor(batch.attention_mask.astype(np.int64)),
            "token_type_ids": torch.tensor(batch.token_type_ids),
        }
        for batch in batches
    ]
    eager = AutoModelForMaskedLM.from_pretrained(checkpoint, attn_implementation="eager", dtype=torch.float32).eval()

    def plain() -> None:
        with torch.inference_mode():
            for given in inputs:
                eager(**given, output_attentions=True)

    return {f"{name}: read": lambda: _read(checkpoint, texts), f"{name}: plain passes": plain}


def _read(checkpoint: str, texts: tuple[str, ...]):
    from viz.engine import service
    from viz.engine.reasons.requests import ReadCorpus

    return service.answer(ReadCorpus(checkpoint, texts))


def _peak_megabytes(checkpoint: str, n: int) -> float:
    """Give by how many MB reading n sentences raises the memory above the model."""
    from viz.engine.models import load_model

    load_model(checkpoint)
    texts = tuple(sentences(n))
    return raised_by(lambda: _read(checkpoint, texts))


if __name__ == "__main__":
    main()
