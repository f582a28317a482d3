"""Texts become a batch as the tokenizer makes it: the same ids, padding carried, nothing typed is markup."""

import numpy as np
import pytest
from transformers import AutoTokenizer

from viz.engine.batching import encode, extend, replace_token
from viz.errors import EmptyReplacement, EmptyText, MaskTokenInCausalModel, TextTooLarge, TextTooLong

ODD_TEXTS = [
    "The turtle moves slow across the [MASK].",
    "  two  spaces, a\ttab and\na newline ",
    "<script>alert('x')</script>",
    "$x$ and \\frac{1}{2}",
    ":red[x] **bold** `code` [link](https://example.org)",
    "😀 👩‍🔬 🐢",
    "我们今天去北京",
    "Черепаха медленно ползёт",
    "مرحبا بالعالم",
    "[MASK]",
    "[MASK][MASK]",
    "[PAD] is a word here",
    "one [SEP] two",
    "[CLS]",
    "#hashtag ##piece @user %20 100%",
    "a\u202eb\u200bc",
    "x" * 20,
]


@pytest.fixture(scope="module")
def bert_tokenizer(tiny_bert_folder):
    return AutoTokenizer.from_pretrained(tiny_bert_folder)


@pytest.fixture(scope="module")
def gpt2_tokenizer(tiny_gpt2_folder):
    return AutoTokenizer.from_pretrained(tiny_gpt2_folder)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_the_ids_of_bert_are_those_of_its_own_tokenizer(text, tiny_bert, bert_tokenizer):
    own = bert_tokenizer(text)
    batch = encode(tiny_bert, [text])
    assert batch.input_ids.tolist() == [own["input_ids"]]
    assert batch.token_type_ids.tolist() == [own["token_type_ids"]]
    assert batch.attention_mask.tolist() == [[True] * len(own["input_ids"])]
    assert batch.texts == (text,)


@pytest.mark.parametrize("text", [text for text in ODD_TEXTS if "[MASK]" not in text])
def test_the_ids_of_gpt2_are_those_of_its_own_tokenizer(text, tiny_gpt2, gpt2_tokenizer):
    batch = encode(tiny_gpt2, [text], truncate=True)
    assert batch.input_ids[0].tolist() == gpt2_tokenizer(text)["input_ids"][:32]
    assert batch.token_type_ids is None
    assert "\ufffd" not in "".join(batch.tokens[0])


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_every_token_has_a_visible_label(text, tiny_bert):
    batch = encode(tiny_bert, [text])
    assert len(batch.tokens[0]) == batch.n_tokens
    joined = [token.replace("\u200d", "") for token in batch.tokens[0]]  # holds an emoji together, shows nothing itself
    assert all(token.strip() and token.isprintable() for token in joined)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_batch_is_the_tokenizers_own(side, tiny_bert, bert_tokenizer):
    texts = ["The turtle moves slow.", "The cat sat.", "我们"]
    own = bert_tokenizer(texts, padding=True, padding_side=side)
    batch = encode(tiny_bert, texts, padding_side=side)
    assert batch.input_ids.tolist() == own["input_ids"]
    assert batch.attention_mask.astype(int).tolist() == own["attention_mask"]
    assert batch.token_type_ids.tolist() == own["token_type_ids"]
    assert batch.padding_side == side
    assert batch.tokens[2].count("[PAD]") == own["attention_mask"][2].count(0) == 3


@pytest.mark.parametrize("side", ["left", "right"])
def test_gpt2_is_padded_with_its_end_token_and_padding_is_not_guessed_from_it(side, tiny_gpt2, gpt2_tokenizer):
    gpt2_tokenizer.pad_token = gpt2_tokenizer.eos_token
    texts = ["The turtle<|endoftext|>", "The old dog ran fast under the tree"]
    own = gpt2_tokenizer(texts, padding=True, padding_side=side)
    batch = encode(tiny_gpt2, texts, padding_side=side)
    assert batch.input_ids.tolist() == own["input_ids"]
    assert batch.attention_mask.astype(int).tolist() == own["attention_mask"]
    end = gpt2_tokenizer.eos_token_id
    assert [bool(m) for i, m in zip(batch.input_ids[0], batch.attention_mask[0]) if i == end].count(True) == 1


def test_positions_count_real_tokens_from_zero_behind_left_padding(tiny_bert):
    batch = encode(tiny_bert, ["cat", "the cat sat"], padding_side="left")  # [CLS] cat [SEP] | [CLS] the cat sat [SEP]
    assert batch.attention_mask.tolist() == [[False, False, True, True, True], [True] * 5]
    assert batch.position_ids.tolist() == [[0, 0, 0, 1, 2], [0, 1, 2, 3, 4]]


def test_positions_of_real_tokens_count_from_zero_before_right_padding(tiny_bert):
    batch = encode(tiny_bert, ["cat", "the cat sat"], padding_side="right")
    assert batch.position_ids[0, :3].tolist() == [0, 1, 2]
    assert batch.position_ids[1].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("side, cls_at, sep_at", [("right", 0, 2), ("left", 2, 4)])
def test_special_tokens_are_those_the_tokenizer_added(side, cls_at, sep_at, tiny_bert):
    batch = encode(tiny_bert, ["cat", "the cat sat"], padding_side=side)
    real = [i for i in range(5) if batch.attention_mask[0, i]]
    assert [bool(batch.special_tokens_mask[0, i]) for i in real] == [True, False, True]
    assert batch.tokens[0][cls_at] == "[CLS]"
    assert batch.tokens[0][sep_at] == "[SEP]"
    assert batch.special_tokens_mask[0, ~batch.attention_mask[0]].all()


@pytest.mark.parametrize("typed", ["[MASK]", "[PAD]", "[SEP]"])
def test_a_special_token_that_a_person_typed_is_their_own(typed, tiny_bert):
    batch = encode(tiny_bert, [f"the {typed} cat"])
    assert batch.tokens[0] == ("[CLS]", "the", typed, "cat", "[SEP]")
    assert batch.special_tokens_mask.tolist() == [[True, False, False, False, True]]
    assert batch.attention_mask.all()


def test_pieces_of_one_word_share_its_number_and_added_tokens_have_none(tiny_bert):
    batch = encode(tiny_bert, ["turtles play", "cat"])
    assert batch.tokens[0] == ("[CLS]", "turtle", "##s", "play", "[SEP]")
    assert batch.word_ids.tolist() == [[-1, 0, 0, 1, -1], [-1, 0, -1, -1, -1]]


@pytest.mark.parametrize("typed", ["[mask]", "<mask>", "[Mask]", "<MASK>"])
def test_a_mask_typed_in_another_way_is_the_models_own(typed, tiny_bert):
    batch = encode(tiny_bert, [f"The {typed} sat."])
    assert batch.input_ids.tolist() == encode(tiny_bert, ["The [MASK] sat."]).input_ids.tolist()
    assert batch.tokens[0].count("[MASK]") == 1
    assert batch.texts == (f"The {typed} sat.",)


@pytest.mark.parametrize("typed", ["[MASK]", "[mask]", "<mask>"])
def test_a_causal_model_refuses_a_mask_by_its_name(typed, tiny_gpt2):
    with pytest.raises(MaskTokenInCausalModel) as caught:
        encode(tiny_gpt2, [f"The {typed}"])
    assert str(caught.value).startswith(f"{tiny_gpt2.info.checkpoint} reads from left to right")


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u00a0\u3000", "\u200b", "\x00"])
def test_a_text_without_anything_to_read_is_refused(text, tiny_bert):
    with pytest.raises(EmptyText):
        encode(tiny_bert, [text])


def test_one_empty_text_refuses_the_batch(tiny_gpt2):
    with pytest.raises(EmptyText):
        encode(tiny_gpt2, ["The turtle", " "])


def test_no_texts_at_all_are_refused(tiny_bert):
    with pytest.raises(EmptyText):
        encode(tiny_bert, [])


def test_a_text_longer_than_anybody_reads_is_refused_with_both_numbers(tiny_bert):
    with pytest.raises(TextTooLarge, match=r"has 10,001 characters; at most 10,000 are read"):
        encode(tiny_bert, ["a" * 10_001])
    assert encode(tiny_bert, ["a" * 10_000]).n_tokens == 3  # one word that is too long for a vocabulary: [UNK]


def test_half_a_surrogate_pair_is_read_as_a_question_mark(tiny_bert):
    batch = encode(tiny_bert, ["the \ud83d cat"])
    assert batch.tokens[0] == ("[CLS]", "the", "?", "cat", "[SEP]")
    assert batch.texts == ("the ? cat",)


def test_a_text_of_exactly_as_many_tokens_as_the_model_reads_is_taken(tiny_bert):
    batch = encode(tiny_bert, ["cat " * 30])  # and [CLS], [SEP]
    assert batch.n_tokens == 32
    assert batch.truncated == (False,)


def test_one_token_more_is_refused_with_the_texts_number_and_both_counts(tiny_bert):
    with pytest.raises(TextTooLong, match=r"Text 2 has 33 tokens; this model reads 32\."):
        encode(tiny_bert, ["cat", "cat " * 31])


def test_a_long_text_is_cut_on_request_and_keeps_its_last_special_token(tiny_bert, bert_tokenizer):
    batch = encode(tiny_bert, ["cat", "cat " * 100], truncate=True)
    assert batch.truncated == (False, True)
    assert batch.input_ids[1].tolist() == bert_tokenizer("cat " * 100, truncation=True, max_length=32)["input_ids"]
    assert batch.tokens[1][0] == "[CLS]"
    assert batch.tokens[1][-1] == "[SEP]"


def test_a_long_text_of_gpt2_is_cut_at_its_end(tiny_gpt2, gpt2_tokenizer):
    text = " the turtle" * 40
    assert encode(tiny_gpt2, [text], truncate=True).input_ids[0].tolist() == gpt2_tokenizer(text)["input_ids"][:32]


def test_a_word_in_place_of_one_leaves_the_others(tiny_bert):
    batch = encode(tiny_bert, ["the turtle moves"])
    replaced = replace_token(tiny_bert, batch, 0, 2, "cat")
    assert replaced.tokens == (("[CLS]", "the", "cat", "moves", "[SEP]"),)
    assert replaced.texts == ("the cat moves",)
    assert replaced.special_tokens_mask.tolist() == [[True, False, False, False, True]]
    assert replaced.position_ids.tolist() == [[0, 1, 2, 3, 4]]


def test_a_replaced_text_runs_as_if_it_had_been_typed(tiny_bert):
    replaced = replace_token(tiny_bert, encode(tiny_bert, ["the turtle moves"]), 0, 2, "[mask]")
    typed = encode(tiny_bert, ["the [MASK] moves"])
    for name in ("input_ids", "attention_mask", "position_ids", "special_tokens_mask", "token_type_ids"):
        np.testing.assert_array_equal(getattr(replaced, name), getattr(typed, name), err_msg=name)
    assert replaced.tokens == typed.tokens


def test_a_word_of_several_pieces_takes_their_room(tiny_bert):
    replaced = replace_token(tiny_bert, encode(tiny_bert, ["the turtle moves"]), 0, 2, "birds slowly")
    assert replaced.tokens == (("[CLS]", "the", "bird", "##s", "slowly", "moves", "[SEP]"),)
    assert replaced.special_tokens_mask.tolist() == [[True, False, False, False, False, False, True]]


def test_a_piece_of_a_word_can_be_replaced(tiny_bert):
    batch = encode(tiny_bert, ["turtles move"])
    assert batch.tokens[0][2] == "##s"
    assert replace_token(tiny_bert, batch, 0, 2, "dog").tokens == (("[CLS]", "turtle", "dog", "move", "[SEP]"),)


def test_an_added_token_can_be_replaced_by_a_word(tiny_bert):
    replaced = replace_token(tiny_bert, encode(tiny_bert, ["the cat"]), 0, 0, "dog")
    assert replaced.tokens == (("dog", "the", "cat", "[SEP]"),)
    assert replaced.special_tokens_mask.tolist() == [[False, False, False, True]]


def test_a_token_of_a_left_padded_text_is_counted_on_the_screen_and_its_padding_is_dropped(tiny_bert):
    batch = encode(tiny_bert, ["cat", "the cat sat"], padding_side="left")
    assert replace_token(tiny_bert, batch, 0, 3, "dog").tokens == (("[CLS]", "dog", "[SEP]"),)


def test_a_word_inside_a_text_of_gpt2_keeps_the_space_before_it(tiny_gpt2, gpt2_tokenizer):
    batch = encode(tiny_gpt2, ["The turtle"])
    assert batch.tokens[0] == ("The", "␣turtle")
    inside = replace_token(tiny_gpt2, batch, 0, 1, "bird")
    assert inside.input_ids.tolist() == [gpt2_tokenizer("The bird")["input_ids"]]
    first = replace_token(tiny_gpt2, batch, 0, 0, "We")
    assert first.input_ids.tolist() == [gpt2_tokenizer("We turtle")["input_ids"]]
    assert first.texts == ("We turtle",)


@pytest.mark.parametrize("word", ["", " ", "\u200b"])
def test_a_word_that_is_nothing_is_refused(word, tiny_bert):
    with pytest.raises(EmptyReplacement):
        replace_token(tiny_bert, encode(tiny_bert, ["the cat"]), 0, 1, word)


def test_a_mask_cannot_be_put_into_a_text_of_gpt2(tiny_gpt2):
    with pytest.raises(MaskTokenInCausalModel):
        replace_token(tiny_gpt2, encode(tiny_gpt2, ["The turtle"]), 0, 1, "[MASK]")


def test_a_word_longer_than_anybody_reads_is_refused(tiny_bert):
    with pytest.raises(TextTooLarge):
        replace_token(tiny_bert, encode(tiny_bert, ["the cat"]), 0, 1, "a " * 6000)


def test_a_word_that_makes_the_text_too_long_is_refused_with_both_numbers(tiny_bert):
    batch = encode(tiny_bert, ["cat", "cat " * 30])
    with pytest.raises(TextTooLong, match=r"Text 2 has 34 tokens; this model reads 32\."):
        replace_token(tiny_bert, batch, 1, 1, "the old dog")


def test_a_text_that_was_cut_stays_marked_after_a_replacement(tiny_bert):
    batch = encode(tiny_bert, ["cat " * 100], truncate=True)
    assert replace_token(tiny_bert, batch, 0, 1, "dog").truncated == (True,)


def test_an_unknown_word_shows_what_was_typed(tiny_bert):
    batch = encode(tiny_bert, ["the ☃ [MASK]", "the cat sat on " + "q" * 20])
    assert batch.tokens[0][:4] == ("[CLS]", "the", "[UNK]·☃", "[MASK]")
    assert batch.tokens[1][5] == "[UNK]·" + "q" * 12 + "…"
    assert replace_token(tiny_bert, batch, 0, 1, "cat").tokens[0][:4] == ("[CLS]", "cat", "[UNK]·☃", "[MASK]")


def extended(loaded, texts, side, new_ids, new_mask):
    return extend(loaded, encode(loaded, texts, padding_side=side), np.array(new_ids), np.array(new_mask, dtype=bool))


@pytest.mark.parametrize("side", ["left", "right"])
def test_generated_tokens_are_appended_behind_the_padded_texts(side, tiny_gpt2):
    dog, end = tiny_gpt2.tokenizer("dog")["input_ids"][0], tiny_gpt2.tokenizer.eos_token_id
    before = encode(tiny_gpt2, ["The turtle", "The turtle and the"], padding_side=side)
    after = extended(
        tiny_gpt2, ["The turtle", "The turtle and the"], side, [[dog, end, end], [dog] * 3], [[1, 1, 0], [1] * 3]
    )
    for name in ("input_ids", "attention_mask", "special_tokens_mask"):
        np.testing.assert_array_equal(getattr(after, name)[:, :4], getattr(before, name))
    assert after.input_ids[:, 4:].tolist() == [[dog, end, end], [dog] * 3]
    assert after.attention_mask[:, 4:].tolist() == [[True, True, False], [True] * 3]
    assert after.special_tokens_mask[:, 4:].tolist() == [[False, False, True], [False] * 3]
    assert after.word_ids[:, 4:].tolist() == [[-1] * 3] * 2
    assert [tokens[:4] for tokens in after.tokens] == list(before.tokens)
    assert after.tokens[0][5:] == ("<|endoftext|>",) * 2
    assert after.texts == before.texts and after.truncated == before.truncated and after.padding_side == side


@pytest.mark.parametrize("side, expected", [("left", [0, 0, 0, 1, 2, 3, 3]), ("right", [0, 1, 1, 1, 2, 3, 3])])
def test_positions_of_appended_tokens_go_on_counting_real_ones(side, expected, tiny_gpt2):
    after = extended(tiny_gpt2, ["The turtle", "The turtle and the"], side, [[5, 5, 5]] * 2, [[1, 1, 0], [1, 1, 1]])
    assert after.position_ids.tolist() == [expected, [0, 1, 2, 3, 4, 5, 6]]


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_character_that_begins_in_the_text_and_ends_behind_it_is_labelled_on_both_sides(side, tiny_gpt2):
    bei = tiny_gpt2.tokenizer.convert_tokens_to_ids(["å", "Į", "Ĺ"])  # the bytes E5 8C 97 of 北
    whole = encode(tiny_gpt2, ["a北", "The turtle and the"], padding_side=side)
    assert whole.input_ids[0, whole.attention_mask[0]].tolist()[1:] == bei
    cut = extended(tiny_gpt2, ["a北"], side, [[*bei[:2]]], [[1, 1]])
    assert cut.tokens[0] == ("a", "北·1/3", "北·2/3", "北·3/3", "<E5>", "<8C>")
    texts = ["a", "The turtle and the"]
    first = extended(tiny_gpt2, texts, side, [[bei[0], 0], [5, 5]], [[1, 0], [1, 1]])  # padding inside the character
    both = extend(tiny_gpt2, first, np.array([bei[1:], [5, 5]]), np.ones((2, 2), dtype=bool))
    assert both.tokens[0][-4:] == ("北·1/3", "<|endoftext|>", "北·2/3", "北·3/3")
    assert both.tokens[0].count("<|endoftext|>") == 4


def test_what_was_typed_for_an_unknown_word_stays_shown_when_tokens_are_appended(tiny_bert):
    cat = tiny_bert.tokenizer.convert_tokens_to_ids("cat")
    after = extended(tiny_bert, ["the ☃"], "left", [[cat]], [[1]])
    assert after.tokens == (("[CLS]", "the", "[UNK]·☃", "[SEP]", "cat"),)
    assert after.token_type_ids.tolist() == [[0] * 5]
