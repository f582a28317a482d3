"""Whatever a tokenizer lacks, a batch is filled with a token that the model knows, and that is called what it is."""

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from tests import tiny
from viz.analysis.batches.generation import Sampling
from viz.engine import same_alone, training
from viz.engine.batching import encode, pad_token, pad_token_id
from viz.engine.forward import run
from viz.engine.generation import generate
from viz.engine.models import load_model
from viz.records import PadToken

TEXTS = ["The turtle moves slow across the", "He"]


def endless_tokenizer(*specials: str) -> PreTrainedTokenizerFast:
    """Give a byte-level tokenizer with no token for padding and none for an end."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=list(specials), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(tiny.BYTE_LEVEL_SENTENCES, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token=next(iter(specials), None))


def loaded_with(tokenizer, folder):
    """Write and load a GPT-2 that knows 400 tokens, none of which ends a text."""
    sizes = {"n_positions": 32, "n_embd": 16, "n_layer": 2, "n_head": 2, "initializer_range": 0.4}
    GPT2LMHeadModel(GPT2Config(vocab_size=400, bos_token_id=None, eos_token_id=None, **sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return load_model(str(folder))


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return loaded_with(endless_tokenizer(), tmp_path_factory.mktemp("bare"))


def test_padding_and_end_tokens_are_called_what_they_are(tiny_bert, tiny_gpt2):
    assert pad_token(tiny_bert) == PadToken(0, "[PAD]", is_end_token=False, is_filler=False)
    assert pad_token(tiny_gpt2) == PadToken(0, "<|endoftext|>", is_end_token=True, is_filler=False)


def test_without_both_the_last_word_of_the_vocabulary_fills_a_batch_and_is_called_a_filler(bare):
    assert pad_token(bare) == PadToken(399, bare.info.vocabulary[399], is_end_token=False, is_filler=True)
    assert encode(bare, TEXTS).input_ids[1, -1] == 399


def test_another_special_token_is_taken_before_a_word(tmp_path):
    loaded = loaded_with(endless_tokenizer("<unk>"), tmp_path)
    assert pad_token(loaded) == PadToken(0, "<unk>", is_end_token=False, is_filler=True)


def test_a_padding_token_that_the_model_does_not_know_is_not_used(tmp_path):
    tokenizer = tiny.byte_level_tokenizer()
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    loaded = loaded_with(tokenizer, tmp_path)
    assert (loaded.tokenizer.pad_token_id, len(loaded.info.vocabulary)) == (400, 400)
    assert pad_token(loaded) == PadToken(0, "<|endoftext|>", is_end_token=True, is_filler=False)
    assert run(loaded, encode(loaded, TEXTS)).readout_logits.shape == (2, 400)
    assert len(training.collate(loaded, TEXTS, seed=0).labels) == 2


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_filler_changes_no_answer(side, bare):
    together = run(bare, encode(bare, TEXTS, padding_side=side)).readout_logits
    alone = [run(bare, encode(bare, [text])).readout_logits[0] for text in TEXTS]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-4)
    assert same_alone.check(bare, TEXTS).same


def test_a_model_without_an_end_continues_as_far_as_it_is_asked(bare):
    made = generate(bare, encode(bare, TEXTS, padding_side="left"), Sampling(max_new_tokens=4))
    assert made.n_new.tolist() == [4, 4]
    assert not made.finished.any()
    assert len(same_alone.continuations(bare, TEXTS).alone) == 2


def test_a_training_batch_of_a_model_without_an_end_has_its_texts_alone(bare):
    made = training.collate(bare, TEXTS, seed=0)
    assert made.batch.texts == tuple(TEXTS)
    assert made.pad_id == pad_token_id(bare) == 399
    real = made.batch.attention_mask
    assert (made.labels[~real] == -100).all()
    assert (made.labels[real] == made.batch.input_ids[real]).all()
    assert np.isfinite([way.loss for way in training.losses(bare, made).ways]).all()
