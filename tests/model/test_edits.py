"""An edit of a text hides the tokens that were named, also where a replacement has moved them."""

import dataclasses

import numpy as np
import pytest

from viz.engine.batching import encode
from viz.engine.edits import Edit, apply
from viz.engine.forward import run
from viz.errors import AllTokensHidden, EmptyReplacement, MaskTokenInCausalModel, TextTooLong, TokensDoNotFit

TEXT = "the turtle moves"  # [CLS] the turtle moves [SEP]


def hidden_tokens(batch, given_mask: np.ndarray) -> list[str]:
    assert given_mask.shape == (1, batch.n_tokens)
    assert given_mask.dtype == bool
    return [token for token, seen in zip(batch.tokens[0], given_mask[0]) if not seen]


def test_no_edit_leaves_text_and_mask(tiny_bert):
    before = encode(tiny_bert, [TEXT])
    batch, given_mask = apply(tiny_bert, before, 0, Edit())
    assert batch.tokens == before.tokens
    assert batch.texts == (TEXT,)
    assert given_mask.all()
    for name in ("input_ids", "attention_mask", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids"):
        np.testing.assert_array_equal(getattr(batch, name), getattr(before, name), err_msg=name)


def test_hidden_positions_are_not_to_be_looked_at(tiny_bert):
    batch, given_mask = apply(tiny_bert, encode(tiny_bert, [TEXT]), 0, Edit(hidden=(2, 4)))
    assert hidden_tokens(batch, given_mask) == ["turtle", "[SEP]"]
    assert batch.attention_mask.all()  # a hidden token is no padding


def test_a_hidden_token_gets_no_attention_and_an_other_text_none_less(tiny_bert):
    batch, given_mask = apply(tiny_bert, encode(tiny_bert, [TEXT]), 0, Edit(hidden=(2,)))
    attentions = run(tiny_bert, batch, given_mask=given_mask).attentions
    assert (attentions[..., 2] == 0).all()
    np.testing.assert_allclose(attentions.sum(axis=-1), 1, atol=1e-6)


def test_one_word_in_place_of_one_moves_nothing(tiny_bert):
    edit = Edit(hidden=(1, 3), replacement=(2, "cat"))
    batch, given_mask = apply(tiny_bert, encode(tiny_bert, [TEXT]), 0, edit)
    assert batch.tokens[0] == ("[CLS]", "the", "cat", "moves", "[SEP]")
    assert given_mask.tolist() == [[True, False, True, False, True]]


@pytest.mark.parametrize(
    "hidden, names",
    [
        ((), []),
        ((0, 1), ["[CLS]", "the"]),  # before the replaced token
        ((2,), ["bird", "##s", "slowly"]),  # the replaced token: all its pieces
        ((3,), ["moves"]),  # right behind it
        ((4,), ["[SEP]"]),
        ((1, 2, 4), ["the", "bird", "##s", "slowly", "[SEP]"]),
        ((4, 1), ["the", "[SEP]"]),
    ],
)
def test_hidden_tokens_move_with_a_word_of_several_pieces(hidden, names, tiny_bert):
    edit = Edit(hidden=hidden, replacement=(2, "birds slowly"))
    batch, given_mask = apply(tiny_bert, encode(tiny_bert, [TEXT]), 0, edit)
    assert batch.tokens[0] == ("[CLS]", "the", "bird", "##s", "slowly", "moves", "[SEP]")
    assert hidden_tokens(batch, given_mask) == names


@pytest.mark.parametrize("word", ["cat", "birds slowly"])
@pytest.mark.parametrize("side, offset", [("right", 0), ("left", 3)])
def test_in_a_padded_batch_the_same_tokens_are_hidden(side, offset, word, tiny_bert):
    before = encode(tiny_bert, [TEXT, "the turtle moves across the river"], padding_side=side)
    assert before.n_tokens == 8
    for hidden, name in ((1, "the"), (3, "moves"), (4, "[SEP]")):
        edit = Edit(hidden=(hidden + offset,), replacement=(2 + offset, word))
        assert hidden_tokens(*apply(tiny_bert, before, 0, edit)) == [name]
    batch, given_mask = apply(tiny_bert, before, 0, Edit(hidden=(2 + offset,), replacement=(2 + offset, word)))
    assert hidden_tokens(batch, given_mask) == {"cat": ["cat"], "birds slowly": ["bird", "##s", "slowly"]}[word]


@pytest.mark.parametrize("side", ["left", "right"])
def test_without_a_replacement_padding_stays_and_is_not_to_be_looked_at(side, tiny_bert):
    before = encode(tiny_bert, ["cat", "the turtle moves"], padding_side=side)
    at = before.tokens[0].index("cat")
    batch, given_mask = apply(tiny_bert, before, 0, Edit(hidden=(at,)))
    assert batch.tokens == before.tokens[:1]
    assert hidden_tokens(batch, given_mask).count("[PAD]") == 2
    assert given_mask.sum() == 2  # [CLS] and [SEP]


def test_the_asked_text_of_a_batch_is_edited(tiny_bert):
    before = encode(tiny_bert, ["the cat sat", TEXT])
    for edit in (Edit(hidden=(2,)), Edit(hidden=(2,), replacement=(1, "a"))):
        batch, given_mask = apply(tiny_bert, before, 1, edit)
        assert hidden_tokens(batch, given_mask) == ["turtle"]
        assert len(batch.texts) == 1
        assert batch.texts[0].endswith("turtle moves")


@pytest.mark.parametrize("row", [0, 1])
def test_a_text_taken_out_of_a_batch_keeps_all_that_was_known_of_it(row, tiny_bert):
    encoded = encode(tiny_bert, ["cat", TEXT], padding_side="left")
    types = np.array([[0, 0, 1, 0, 1], [1, 0, 0, 1, 0]])  # two kinds of text, as question and answer have them
    before = dataclasses.replace(encoded, token_type_ids=types)
    batch, given_mask = apply(tiny_bert, before, row, Edit())
    for name in ("input_ids", "attention_mask", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids"):
        assert getattr(batch, name).tolist() == [getattr(before, name)[row].tolist()], name
    assert given_mask.tolist() == [before.attention_mask[row].tolist()]


@pytest.mark.parametrize(
    "edit", [Edit(hidden=tuple(range(5))), Edit(hidden=tuple(range(5)), replacement=(2, "birds slowly"))]
)
def test_hiding_every_token_is_refused_with_their_number(edit, tiny_bert):
    n_tokens = 7 if edit.replacement else 5
    with pytest.raises(AllTokensHidden, match=f"All {n_tokens} tokens are hidden"):
        apply(tiny_bert, encode(tiny_bert, [TEXT]), 0, edit)


@pytest.mark.parametrize(
    "edit, said",
    [
        (Edit(hidden=(5,)), "positions 6 do"),
        (Edit(hidden=(-1,)), "positions 0 do"),
        (Edit(hidden=(1, 7, 9)), "positions 8, 10 do"),
        (Edit(replacement=(5, "cat")), "positions 6 do"),
        (Edit(hidden=(8,), replacement=(9, "cat")), "positions 9, 10 do"),
    ],
)
def test_positions_outside_the_text_are_named_as_on_the_screen(edit, said, tiny_bert):
    with pytest.raises(TokensDoNotFit, match=f"{said} not exist: this text has positions 1 to 5"):
        apply(tiny_bert, encode(tiny_bert, [TEXT]), 0, edit)


@pytest.mark.parametrize("edit", [Edit(hidden=(3,)), Edit(replacement=(3, "dog"))])
def test_padding_cannot_be_edited(edit, tiny_bert):
    with pytest.raises(TokensDoNotFit):
        apply(tiny_bert, encode(tiny_bert, ["cat", TEXT]), 0, edit)


def test_a_word_that_is_nothing_or_does_not_fit_is_refused(tiny_bert):
    batch = encode(tiny_bert, ["cat " * 30])
    with pytest.raises(EmptyReplacement):
        apply(tiny_bert, batch, 0, Edit(replacement=(1, " ")))
    with pytest.raises(TextTooLong):
        apply(tiny_bert, batch, 0, Edit(replacement=(1, "birds")))


def test_an_edited_text_runs_as_if_it_had_been_typed(tiny_bert):
    batch, given_mask = apply(tiny_bert, encode(tiny_bert, [TEXT]), 0, Edit(replacement=(2, "[MASK]")))
    ours = run(tiny_bert, batch, given_mask=given_mask)
    typed = run(tiny_bert, encode(tiny_bert, ["the [MASK] moves"]))
    np.testing.assert_array_equal(ours.attentions, typed.attentions)
    np.testing.assert_array_equal(ours.readout_logits, typed.readout_logits)


def test_a_text_of_gpt2_is_edited_too(tiny_gpt2):
    before = encode(tiny_gpt2, ["The turtle moves"])
    names = list(before.tokens[0])
    assert names[:2] == ["The", "␣turtle"]
    batch, given_mask = apply(tiny_gpt2, before, 0, Edit(hidden=(0, 2), replacement=(1, "small bird")))
    n_more = batch.n_tokens - len(names)
    assert n_more >= 1
    assert batch.texts[0].startswith("The small bird")
    assert hidden_tokens(batch, given_mask) == ["The", names[2]]
    assert not given_mask[0, 2 + n_more]
    result = run(tiny_gpt2, batch, given_mask=given_mask)
    assert (result.attentions[:, :, :, 1:, 0] == 0).all()
    assert result.readouts.tolist() == [[0, batch.n_tokens - 1]]


def test_gpt2_takes_no_mask_in_place_of_a_word(tiny_gpt2):
    with pytest.raises(MaskTokenInCausalModel):
        apply(tiny_gpt2, encode(tiny_gpt2, ["The turtle"]), 0, Edit(replacement=(1, "[MASK]")))
