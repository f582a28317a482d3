"""Write models whose words are the hostile strings: each is one token, of what is read and of what is guessed."""

from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
)

from tests.attacks.hostile import HOSTILE
from tests.tiny import SPECIALS, WORDS

N_POSITIONS = 256
SHAPE = {"d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2}
SHAPE |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}


def one_line(text: str) -> bool:
    """Tell whether a browser sends a string as it is, in one line of a text."""
    return len(text.splitlines()) == 1 and not any("\ud800" <= c <= "\udfff" or c == "\0" for c in text)


LINES = tuple(text for text in HOSTILE.values() if one_line(text))


def masked(folder: Path) -> Path:
    """Write a BERT."""
    tokenizer = _tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=N_POSITIONS,
        initializer_range=0.3,
    )
    torch.manual_seed(1)
    return _write(folder, BertForMaskedLM(config), tokenizer)


def causal(folder: Path) -> Path:
    """Write a GPT-2."""
    tokenizer = _tokenizer()
    ids = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    shape = {"n_embd": 16, "n_layer": 2, "n_head": 2, "initializer_range": 0.3}
    torch.manual_seed(3)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), n_positions=N_POSITIONS, **ids, **shape))
    return _write(folder, model, tokenizer)


def translator(folder: Path) -> Path:
    """Write a BART."""
    tokenizer = _tokenizer()
    ids = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "decoder_start_token_id": 3}
    config = BartConfig(vocab_size=len(tokenizer), max_position_embeddings=N_POSITIONS, init_std=0.3, **ids, **SHAPE)
    torch.manual_seed(2)
    return _write(folder, BartForConditionalGeneration(config), tokenizer)


def _tokenizer() -> PreTrainedTokenizerFast:
    known = {token: at for at, token in enumerate([*SPECIALS, *WORDS])}
    cut = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    cut.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    ends = [("[CLS]", known["[CLS]"]), ("[SEP]", known["[SEP]"])]
    cut.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ends)
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "pad", "mask", "cls", "sep")}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=cut, bos_token="[CLS]", eos_token="[SEP]", model_max_length=N_POSITIONS, **names
    )
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in LINES])
    return tokenizer


def _write(folder: Path, model, tokenizer: PreTrainedTokenizerFast) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
