"""Make tiny encoder-decoders, each with a tokenizer of its family, and run them as plain transformers does.

Encoder and decoder differ in layers and heads, so that no kind of attention can be taken for another.
"""

from dataclasses import dataclass

import numpy as np
import torch
import transformers as tf
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from tests import tiny
from tests.model.families import with_mask

SOURCES = ("The turtle moves slow across the river", "the old cat")
TARGETS = ("a cat", "the turtle was slow near the old tree")
N_POSITIONS = 32

BART_SHAPE = {
    "d_model": 24,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 3,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": N_POSITIONS,
    "init_std": 0.4,
}


def pieces(*specials: str) -> list[tuple[str, float]]:
    """List a Unigram vocabulary: special tokens first, then words with their space, then letters."""
    words = [("▁" + word, -3.0) for word in tiny.WORDS]
    letters = [(letter, -9.0) for letter in "▁abcdefghijklmnopqrstuvwxyzT."]
    return [(special, 0.0) for special in specials] + words + letters


def t5_tokenizer():
    return tf.T5Tokenizer(vocab=pieces("<pad>", "</s>", "<unk>"), extra_ids=4)


def pegasus_tokenizer():
    return tf.PegasusTokenizer(vocab=pieces("<pad>", "</s>", "<unk>", "<mask_2>"), offset=3)


def mbart_tokenizer():
    """Give a tokenizer that ends a text with its language; it reads English and writes Romanian."""
    languages = [(code, 0.0) for code in ("en_XX", "ro_RO")]
    vocab = [*pieces("<s>", "<pad>", "</s>", "<unk>"), *languages, ("<mask>", 0.0)]
    return tf.MBartTokenizer(vocab=vocab, src_lang="en_XX", tgt_lang="ro_RO")


def mbart50_tokenizer():
    """Give a tokenizer that begins a text with its language."""
    languages = [(code, 0.0) for code in ("en_XX", "ro_RO")]
    vocab = [*pieces("<s>", "<pad>", "</s>", "<unk>"), *languages, ("<mask>", 0.0)]
    return tf.MBart50Tokenizer(vocab=vocab, src_lang="en_XX", tgt_lang="ro_RO")


def marian_tokenizer():
    """Give a BPE for both languages in one file, as a Marian can be saved: ``</s>`` ends a text, padding comes last."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=150, special_tokens=["</s>", "<unk>", "<pad>"], show_progress=False)
    tokenizer.train_from_iterator(tiny.BYTE_LEVEL_SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 0)])
    return tf.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>", pad_token="<pad>", model_max_length=N_POSITIONS
    )


def bart_tokenizer():
    tokenizer = with_mask()
    tokenizer.add_special_tokens({"bos_token": "<s>", "eos_token": AddedToken("</s>")})
    return tokenizer


def t5(tokenizer):
    shape = {"d_model": 24, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 4}
    ids = {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    return tf.T5ForConditionalGeneration(tf.T5Config(vocab_size=len(tokenizer), initializer_factor=3.0, **shape, **ids))


def writing(model, **rules):
    """Give a model the rules by which a checkpoint of its family writes."""
    model.generation_config.update(**rules)
    return model


def bart(tokenizer):
    """Give a model that begins with its end token and then ``<s>``, and writes no two tokens twice."""
    ids = {"pad_token_id": tokenizer.pad_token_id, "bos_token_id": tokenizer.bos_token_id}
    ids |= {"eos_token_id": tokenizer.eos_token_id, "decoder_start_token_id": tokenizer.eos_token_id}
    model = tf.BartForConditionalGeneration(tf.BartConfig(vocab_size=len(tokenizer), **ids, **BART_SHAPE))
    forced = {"forced_bos_token_id": tokenizer.bos_token_id, "forced_eos_token_id": tokenizer.eos_token_id}
    return writing(model, num_beams=4, num_return_sequences=2, no_repeat_ngram_size=2, **forced)


def marian(tokenizer):
    """Give a model that begins with padding and may never write it."""
    pad = tokenizer.pad_token_id
    ids = {"pad_token_id": pad, "eos_token_id": 0, "decoder_start_token_id": pad}
    model = tf.MarianMTModel(tf.MarianConfig(vocab_size=len(tokenizer), **ids, **BART_SHAPE))
    return writing(model, num_beams=6, bad_words_ids=[[pad]], forced_eos_token_id=0)


def pegasus(tokenizer):
    ids = {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    return tf.PegasusForConditionalGeneration(tf.PegasusConfig(vocab_size=len(tokenizer), **ids, **BART_SHAPE))


def mbart(tokenizer):
    """Give a model whose targets begin with their language, which is the start token."""
    start = tokenizer.convert_tokens_to_ids("ro_RO")
    ids = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": start}
    return tf.MBartForConditionalGeneration(tf.MBartConfig(vocab_size=len(tokenizer), **ids, **BART_SHAPE))


def mbart50(tokenizer):
    """Give a model whose targets begin with the end token, and then with their language, which is forced."""
    ids = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2}
    model = tf.MBartForConditionalGeneration(tf.MBartConfig(vocab_size=len(tokenizer), **ids, **BART_SHAPE))
    return writing(model, forced_bos_token_id=tokenizer.convert_tokens_to_ids("ro_RO"))


TRANSLATORS = {
    t5: t5_tokenizer,
    bart: bart_tokenizer,
    marian: marian_tokenizer,
    pegasus: pegasus_tokenizer,
    mbart: mbart_tokenizer,
    mbart50: mbart50_tokenizer,
}


@dataclass
class Plain:
    """Hold a model and a tokenizer as a notebook would load them, with the attention that returns its matrices."""

    model: torch.nn.Module
    tokenizer: object

    def sources(self, texts, side="right"):
        """Tokenize sources as one padded batch."""
        return dict(self.tokenizer(list(texts), padding=True, padding_side=side, return_tensors="pt"))

    def output(self, sources, target_ids, target_mask):
        """Run once with the targets given."""
        target = {
            "decoder_input_ids": torch.tensor(target_ids),
            "decoder_attention_mask": torch.tensor(target_mask.astype(np.int64)),
        }
        with torch.no_grad():
            return self.model(**sources, **target, use_cache=False, output_attentions=True)


def load_plain(folder) -> Plain:
    """Load a checkpoint without any of our code."""
    model = tf.AutoModelForSeq2SeqLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32)
    return Plain(model.eval(), tf.AutoTokenizer.from_pretrained(folder))
