"""Build the small models and save them as people load them."""

from copy import deepcopy

import torch
from subword import MAX_POSITIONS
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GenerationConfig,
    GPT2Config,
    GPT2LMHeadModel,
    MarianConfig,
    MarianMTModel,
)

LAYERS, HEADS, HIDDEN, FEED_FORWARD = 6, 12, 192, 768
TRANSLATOR_LAYERS = 3  # of the encoder, and of the decoder


def build_bert(tokenizer):
    """Return a fresh BertForMaskedLM for a WordPiece tokenizer."""
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=FEED_FORWARD,
        max_position_embeddings=MAX_POSITIONS,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=tokenizer.pad_token_id,
    )
    config._attn_implementation = "eager"
    return BertForMaskedLM(config)


def build_gpt2(tokenizer):
    """Return a fresh GPT2LMHeadModel for a byte-level BPE tokenizer.

    While it trains, the activation is the fused form of the same function.
    """
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=MAX_POSITIONS,
        n_embd=HIDDEN,
        n_layer=LAYERS,
        n_head=HEADS,
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    config._attn_implementation = "eager"
    return GPT2LMHeadModel(config)


def build_marian(tokenizer):
    """Return a fresh MarianMTModel; encoder, decoder and output layer share one table of pieces."""
    sides = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in (("layers", TRANSLATOR_LAYERS), ("attention_heads", HEADS), ("ffn_dim", FEED_FORWARD))
    }
    config = MarianConfig(
        vocab_size=len(tokenizer),
        d_model=HIDDEN,
        max_position_embeddings=MAX_POSITIONS,
        activation_function="gelu",
        scale_embedding=True,
        dropout=0.0,
        attention_dropout=0.0,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.bos_token_id,
        forced_eos_token_id=None,
        **sides,
    )
    config._attn_implementation = "eager"
    model = MarianMTModel(config)
    # Scaled by the root of the width, a piece then weighs as much as its place, whose waves go from -1 to 1.
    torch.nn.init.normal_(model.model.shared.weight, std=HIDDEN**-0.5)
    return model


def save_half(model, tokenizer, folder):
    """Save a copy of the model in half precision with its tokenizer; the model itself stays as it is."""
    config = deepcopy(model.config)
    if config.model_type == "gpt2":
        config.activation_function = "gelu_new"
    copy = type(model)(config)
    copy.load_state_dict(model.state_dict())
    if config.model_type == "gpt2":
        copy.generation_config = GenerationConfig(bos_token_id=config.bos_token_id, eos_token_id=config.eos_token_id)
    if config.model_type == "marian":
        copy.generation_config = GenerationConfig(
            decoder_start_token_id=config.decoder_start_token_id,
            bos_token_id=config.bos_token_id,
            eos_token_id=config.eos_token_id,
            pad_token_id=config.pad_token_id,
        )
    copy.to(torch.float16).save_pretrained(folder)
    # Where a tokenizer was read from says nothing about it.
    for trace in ("is_local", "local_files_only"):
        tokenizer.init_kwargs.pop(trace, None)
    tokenizer.save_pretrained(folder)
