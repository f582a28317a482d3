"""A pair of texts is one row, as its tokenizer joins it."""

import numpy as np
import pytest

from tests.model import plain
from viz.analysis.predictions import completions, top_k
from viz.engine.batching import encode, encode_pair
from viz.engine.forward import run
from viz.errors import EmptyText, MaskTokenInCausalModel, TextTooLarge, TextTooLong


def test_berts_pair_has_two_segments_and_nothing_of_it_is_hidden(tiny_bert):
    batch = encode_pair(tiny_bert, "the cat sat", "a dog [mask]")
    assert batch.tokens == (("[CLS]", "the", "cat", "sat", "[SEP]", "a", "dog", "[MASK]", "[SEP]"),)
    assert batch.token_type_ids.tolist() == [[0, 0, 0, 0, 0, 1, 1, 1, 1]]
    assert batch.attention_mask.all()
    assert batch.special_tokens_mask.astype(int).tolist() == [[1, 0, 0, 0, 1, 0, 0, 0, 1]]
    assert batch.position_ids.tolist() == [list(range(9))]
    assert batch.texts == ("the cat sat a dog [mask]",)


def test_words_go_on_counting_in_the_second_text(tiny_bert):
    batch = encode_pair(tiny_bert, "the cats", "moves dogs")
    assert batch.tokens[0] == ("[CLS]", "the", "cat", "##s", "[SEP]", "moves", "dog", "##s", "[SEP]")
    assert batch.word_ids.tolist() == [[-1, 0, 1, 1, -1, 2, 3, 3, -1]]


def test_a_word_nobody_knows_shows_what_was_typed_in_its_own_text(tiny_bert):
    batch = encode_pair(tiny_bert, "the 海 cat", "a 上 dog")
    assert batch.tokens[0][2] == "[UNK]·海"
    assert batch.tokens[0][6] == "[UNK]·上"


def test_a_pair_runs_as_the_plain_model_runs_it(tiny_bert, tiny_bert_folder):
    second = plain.load(tiny_bert_folder, causal=False)
    inputs = dict(second.tokenizer("the cat sat", "a dog [MASK]", return_tensors="pt"))
    attentions, logits = plain.output(second, inputs)
    ours = run(tiny_bert, encode_pair(tiny_bert, "the cat sat", "a dog [MASK]"))
    np.testing.assert_allclose(ours.attentions, attentions, rtol=0, atol=1e-6)
    assert ours.readouts.tolist() == [[0, 7]]
    np.testing.assert_allclose(ours.readout_logits, logits[:, 7], rtol=0, atol=1e-5)
    assert completions(ours, 0, 1) == [f"the cat sat a dog {top_k(ours, 0, 1)[0].token}".replace(" ##", "")]


def test_gpt2_reads_a_pair_as_one_text_without_anything_between(tiny_gpt2):
    batch = encode_pair(tiny_gpt2, "The old dog", " ran fast")
    parts = [tiny_gpt2.tokenizer(text)["input_ids"] for text in ("The old dog", " ran fast")]
    assert batch.input_ids.tolist() == [parts[0] + parts[1]]
    assert batch.texts == ("The old dog ran fast",)
    assert batch.token_type_ids is None or not batch.token_type_ids.any()
    assert len(set(batch.word_ids[0].tolist())) == 5


def test_one_text_is_encoded_as_before(tiny_bert):
    batch = encode(tiny_bert, ["the cats"])
    assert batch.word_ids.tolist() == [[-1, 0, 1, 1, -1]]


def test_a_pair_longer_than_the_model_reads_is_refused_or_cut(tiny_bert):
    first, second = "the cat " * 10, "a dog " * 10
    with pytest.raises(TextTooLong, match="Text 1 has 43 tokens; this model reads 32"):
        encode_pair(tiny_bert, first, second)
    cut = encode_pair(tiny_bert, first, second, truncate=True)
    assert cut.n_tokens == 32
    assert cut.truncated == (True,)
    assert cut.token_type_ids.any() and not cut.token_type_ids.all()


@pytest.mark.parametrize(
    "first, second", [("", "a dog"), ("the cat", "  "), ("\u200b", "a dog"), ("the cat", "\u200b")]
)
def test_a_pair_with_an_empty_text_is_refused(first, second, tiny_bert):
    with pytest.raises(EmptyText):
        encode_pair(tiny_bert, first, second)


def test_each_text_of_a_pair_is_checked(tiny_bert, tiny_gpt2):
    with pytest.raises(TextTooLarge):
        encode_pair(tiny_bert, "the cat", "a " * 6000)
    with pytest.raises(MaskTokenInCausalModel):
        encode_pair(tiny_gpt2, "The dog", "[MASK]")
