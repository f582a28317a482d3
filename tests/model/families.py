"""Make tiny checkpoints of families beyond BERT and GPT-2, each with a tokenizer it could have."""

import torch
import transformers as tf
from tokenizers import processors

from tests import tiny

SHAPE = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 48,
    "max_position_embeddings": 32,
    "initializer_range": 0.3,
}
N_WORDPIECES = len(tiny.WORDPIECE_VOCABULARY)


def wordpiece():
    return tf.BertTokenizer(vocab=dict(tiny.WORDPIECE_VOCABULARY))


def with_mask():
    """Give a byte-level tokenizer as RoBERTa has it: <s> ... </s>, and a <mask> that takes the space before it."""
    tokenizer = tiny.byte_level_tokenizer()
    mask = tf.AddedToken("<mask>", lstrip=True)
    tokenizer.add_special_tokens({"pad_token": "<pad>", "mask_token": mask, "cls_token": "<s>", "sep_token": "</s>"})
    ends = [("<s>", tokenizer.cls_token_id), ("</s>", tokenizer.sep_token_id)]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=ends
    )
    return tokenizer


def roberta(tokenizer):
    pad = tokenizer.pad_token_id
    behind_padding = {"pad_token_id": pad, "max_position_embeddings": pad + 1 + 32, "type_vocab_size": 1}
    return tf.RobertaForMaskedLM(tf.RobertaConfig(vocab_size=len(tokenizer), **(SHAPE | behind_padding)))


def distilbert(tokenizer):
    shape = {"dim": 24, "n_layers": 2, "n_heads": 3, "hidden_dim": 48, "max_position_embeddings": 32}
    return tf.DistilBertForMaskedLM(tf.DistilBertConfig(vocab_size=N_WORDPIECES, initializer_range=0.3, **shape))


def albert(tokenizer):
    return tf.AlbertForMaskedLM(tf.AlbertConfig(vocab_size=N_WORDPIECES, embedding_size=12, **SHAPE))


def mobilebert(tokenizer):
    sizes = {"embedding_size": 12, "intra_bottleneck_size": 24}
    return tf.MobileBertForMaskedLM(tf.MobileBertConfig(vocab_size=N_WORDPIECES, **sizes, **SHAPE))


def gpt_neo(tokenizer):
    shape = {
        "hidden_size": 24,
        "num_layers": 2,
        "num_heads": 3,
        "window_size": 4,
        "attention_types": [[["global", "local"], 1]],
    }
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    return tf.GPTNeoForCausalLM(
        tf.GPTNeoConfig(vocab_size=len(tokenizer), max_position_embeddings=32, initializer_range=0.3, **shape, **ends)
    )


def deberta(tokenizer):
    """Give a model whose attention adds what it makes of distances, in a way of its own."""
    return tf.DebertaForMaskedLM(tf.DebertaConfig(vocab_size=N_WORDPIECES, relative_attention=True, **SHAPE))


def gemma2(tokenizer):
    """Give a model whose attention caps its scores, at 0.5 here, and whose first layer looks at the nearest tokens."""
    capped = {"attn_logit_softcapping": 0.5, "query_pre_attn_scalar": 8, "head_dim": 8, "num_key_value_heads": 1}
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
    return tf.Gemma2ForCausalLM(tf.Gemma2Config(vocab_size=len(tokenizer), sliding_window=4, **capped, **ends, **SHAPE))


def qwen2(tokenizer):
    """Give a model whose four query heads share two heads of keys and values."""
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
    shape = SHAPE | {"hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2}
    return tf.Qwen2ForCausalLM(tf.Qwen2Config(vocab_size=len(tokenizer), **ends, **shape))


def gpt2_scaled(tokenizer):
    """Give a GPT-2 whose second layer divides its scores by two more."""
    shape = {"n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3, "initializer_range": 0.4}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    config = tf.GPT2Config(vocab_size=len(tokenizer), scale_attn_by_inverse_layer_idx=True, **shape, **ends)
    return tf.GPT2LMHeadModel(config)


def modernbert(tokenizer):
    """Give a BERT whose second layer looks at the nearest tokens only."""
    ids = {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
    windows = {"local_attention": 4, "global_attn_every_n_layers": 2}
    return tf.ModernBertForMaskedLM(tf.ModernBertConfig(vocab_size=N_WORDPIECES, **windows, **ids, **SHAPE))


def mistral(tokenizer):
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}
    shape = SHAPE | {"num_key_value_heads": 3, "sliding_window": 3}
    return tf.MistralForCausalLM(tf.MistralConfig(vocab_size=len(tokenizer), **ends, **shape))


def bert(tokenizer):
    return tf.BertForMaskedLM(tf.BertConfig(vocab_size=N_WORDPIECES, **SHAPE))


def gpt2(tokenizer):
    shape = {"n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3, "initializer_range": 0.4}
    return tf.GPT2LMHeadModel(tf.GPT2Config(vocab_size=len(tokenizer), bos_token_id=0, eos_token_id=0, **shape))


def electra(tokenizer):
    return tf.ElectraForMaskedLM(tf.ElectraConfig(vocab_size=N_WORDPIECES, embedding_size=12, **SHAPE))


def xlm_roberta(tokenizer):
    pad = tokenizer.pad_token_id
    behind_padding = {"pad_token_id": pad, "max_position_embeddings": pad + 1 + 32, "type_vocab_size": 1}
    return tf.XLMRobertaForMaskedLM(tf.XLMRobertaConfig(vocab_size=len(tokenizer), **(SHAPE | behind_padding)))


def deberta_v2(tokenizer):
    """Give a model whose attention adds what it makes of distances, in buckets, to and from each word."""
    distances = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8}
    return tf.DebertaV2ForMaskedLM(tf.DebertaV2Config(vocab_size=N_WORDPIECES, **distances, **SHAPE))


def opt(tokenizer):
    """Give a model whose table of positions begins with two rows that no token has."""
    shape = {"hidden_size": 24, "word_embed_proj_dim": 24, "num_hidden_layers": 2, "num_attention_heads": 3}
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1}
    sizes = {"ffn_dim": 48, "max_position_embeddings": 32, "init_std": 0.3}
    return tf.OPTForCausalLM(tf.OPTConfig(vocab_size=len(tokenizer), **shape, **sizes, **ends))


def gpt_neox(tokenizer):
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    return tf.GPTNeoXForCausalLM(tf.GPTNeoXConfig(vocab_size=len(tokenizer), **ends, **SHAPE))


def llama(tokenizer):
    ends = {"bos_token_id": 0, "eos_token_id": 0, "num_key_value_heads": 1}
    return tf.LlamaForCausalLM(tf.LlamaConfig(vocab_size=len(tokenizer), **ends, **SHAPE))


def bloom(tokenizer):
    """Give a model without a table of positions: it takes distances off its scores."""
    shape = {"hidden_size": 24, "n_layer": 2, "n_head": 3, "initializer_range": 0.3}
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    return tf.BloomForCausalLM(tf.BloomConfig(vocab_size=len(tokenizer), **shape, **ends))


def falcon(tokenizer):
    shape = SHAPE | {"ffn_hidden_size": 48}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    return tf.FalconForCausalLM(tf.FalconConfig(vocab_size=len(tokenizer), **ends, **shape))


RECORDED = {
    bert: wordpiece,
    electra: wordpiece,
    xlm_roberta: with_mask,
    gpt2: tiny.byte_level_tokenizer,
    opt: tiny.byte_level_tokenizer,
    gpt_neox: tiny.byte_level_tokenizer,
    llama: tiny.byte_level_tokenizer,
    roberta: with_mask,
    distilbert: wordpiece,
    albert: wordpiece,
    mobilebert: wordpiece,
    modernbert: wordpiece,
    gpt2_scaled: tiny.byte_level_tokenizer,
    qwen2: tiny.byte_level_tokenizer,
    mistral: tiny.byte_level_tokenizer,
    gemma2: tiny.byte_level_tokenizer,
}
EAGER = {
    gpt_neo: tiny.byte_level_tokenizer,
    bloom: tiny.byte_level_tokenizer,
    falcon: tiny.byte_level_tokenizer,
    deberta: wordpiece,
    deberta_v2: wordpiece,
}


def write(folder, make, tokenizer):
    torch.manual_seed(7)
    make(tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
