"""Make a tiny Marian on disk, with seeded random weights that differ from head to head, for pages about translation."""

from pathlib import Path

import transformers

from tests.model.families import write
from tests.model.translators import BART_SHAPE, marian_tokenizer, writing

N_POSITIONS = 64  # room for the longest target that is written


def tiny_translator(folder: Path) -> Path:
    """Write an encoder of 2 layers of 3 heads and a decoder of 3 layers of 4; it reads and writes 64 positions."""
    return write(folder, _marian, marian_tokenizer())


def _marian(tokenizer):
    pad = tokenizer.pad_token_id
    ids = {"pad_token_id": pad, "eos_token_id": 0, "decoder_start_token_id": pad}
    shape = BART_SHAPE | {"max_position_embeddings": N_POSITIONS}
    model = transformers.MarianMTModel(transformers.MarianConfig(vocab_size=len(tokenizer), **ids, **shape))
    return writing(model, bad_words_ids=[[pad]])
