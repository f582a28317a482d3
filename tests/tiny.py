"""Make tiny checkpoints on disk: a BERT and a GPT-2 with seeded random weights, each with a tokenizer of its own.

The weights are large (a standard deviation of 0.3 and 0.4), so attention differs from head to head and from key to
key, and the gains of the layer norms are moved, as training moves them; ``untrained=True`` leaves them as born.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

N_POSITIONS = 32

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIGNS = list(".,!?'\"-<>/$:[]()=") + list("0123456789")
WORDS = (
    "a the and of in on to it is was not he she they we i you turtle cat dog bird river tree word head layer moves "
    "move sat ran run sleeps slow slowly fast quick blue green old small across under over near with mat garden day "
    "night play token make x script alert red"
).split()
PIECES = ["##s", "##ed", "##ing", "##ly", "##er", "##ization", "##un", "##x", "##a", "##b", "##c"]
CHINESE = list("我们今天去北京乌龟慢")
CYRILLIC = ["черепаха", "медленно", "ползет", "через", "я", "##я", "##и"]

WORDPIECE_VOCABULARY = {token: i for i, token in enumerate(SPECIALS + SIGNS + WORDS + PIECES + CHINESE + CYRILLIC)}

BYTE_LEVEL_SENTENCES = [
    "The turtle moves slow across the river and the cat sat on the mat.",
    "The old dog ran fast under the green tree, and the bird was not there.",
    "He said that he would play in the garden with a small blue bird.",
    "She was happy today because they saw the turtle near the river again.",
    "We went over the river and through the garden; my day was a good day.",
    "It is not the head, it is the layer: a word looks at the word before it.",
]


def tiny_bert(folder: Path, *, untrained: bool = False, n_positions: int = N_POSITIONS) -> Path:
    """Write a BERT of 2 layers of 3 heads that reads 32 positions, or so many, with a WordPiece tokenizer."""
    tokenizer = BertTokenizer(vocab=dict(WORDPIECE_VOCABULARY), model_max_length=n_positions)
    config = BertConfig(
        vocab_size=len(WORDPIECE_VOCABULARY),
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=48,
        max_position_embeddings=n_positions,
        initializer_range=0.3,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(11)
    return _write(folder, BertForMaskedLM(config), tokenizer, untrained)


def tiny_gpt2(folder: Path, *, untrained: bool = False) -> Path:
    """Write a GPT-2 of 3 layers of 2 heads that reads 32 positions, with a byte-level BPE tokenizer, no pad token."""
    tokenizer = byte_level_tokenizer()
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=N_POSITIONS,
        n_embd=16,
        n_layer=3,
        n_head=2,
        initializer_range=0.4,
        bos_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(12)
    return _write(folder, GPT2LMHeadModel(config), tokenizer, untrained)


def byte_level_tokenizer() -> PreTrainedTokenizerFast:
    """Train a byte-level BPE on a few sentences: 256 bytes, some merges, ``<|endoftext|>``, and no pad token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(BYTE_LEVEL_SENTENCES, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
        unk_token="<|endoftext|>",
        model_max_length=N_POSITIONS,
    )


def _write(folder: Path, model: PreTrainedModel, tokenizer, untrained: bool) -> Path:
    if not untrained:
        _move_gains(model)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _move_gains(model: PreTrainedModel) -> None:
    """Move every layer norm's gains and biases a little, as training does."""
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.weight.add_(0.1 * torch.randn_like(module.weight))
                module.bias.add_(0.1 * torch.randn_like(module.bias))
