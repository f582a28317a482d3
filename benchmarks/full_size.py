"""Make a folder with a BERT of full size: the shape of bert-base with random weights and the shipped tokenizer."""

import shutil
from pathlib import Path

from viz.shipped import MODELS_FOLDER


def bert_base(folder: Path) -> str:
    """Write 12 layers of 12 heads, hidden size 768, 512 positions; gives the folder's name."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(0)
    BertForMaskedLM(BertConfig()).save_pretrained(folder)
    for file in (MODELS_FOLDER / "headlight-bert").glob("tokenizer*"):
        shutil.copy(file, folder / file.name)
    return str(folder)
