"""Make folders with models of full size: random weights in the shapes of bert-base and GPT-2 small, our tokenizers."""

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


def gpt2_small(folder: Path) -> str:
    """Write 12 layers of 12 heads, hidden size 768, 1024 positions, with GPT-2's 50,257 rows of output."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config(bos_token_id=0, eos_token_id=0)).save_pretrained(folder)
    for file in (MODELS_FOLDER / "headlight-gpt2").glob("tokenizer*"):
        shutil.copy(file, folder / file.name)
    return str(folder)
