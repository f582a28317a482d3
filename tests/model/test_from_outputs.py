"""What a model returned to a plain script becomes a run with the same numbers, in one call."""

import io

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoTokenizer

from tests.model import translators
from viz import saved
from viz.analysis.masks.cells import CAUSAL, PADDING, VISIBLE, row_states
from viz.errors import MapsDoNotFitTokens, NoAttentionsReturned, NotARun

TEXTS = ["the turtle moves", "a cat sat on the mat ."]


def passed(folder, auto, texts=TEXTS, **options):
    """Give tokens, masks and outputs as a script gets them."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = auto.from_pretrained(folder, attn_implementation="eager", **options).eval()
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        outputs = model(**inputs, output_attentions=True)
    return [tokenizer.convert_ids_to_tokens(row) for row in inputs["input_ids"].tolist()], inputs, outputs


def test_an_encoder(tiny_bert_folder):
    tokens, inputs, outputs = passed(tiny_bert_folder, AutoModelForMaskedLM)
    run = saved.from_outputs(tokens, outputs, attention_mask=inputs["attention_mask"], model="mine")
    np.testing.assert_array_equal(run.attentions, torch.stack(outputs.attentions, dim=1).numpy())
    assert (run.model.checkpoint, run.model.causal) == ("mine", False)
    assert run.batch.tokens == tuple(map(tuple, tokens))
    assert set(row_states(run, 0).ravel().tolist()) == {VISIBLE, PADDING}


def test_a_decoder_is_known_by_its_triangle(tiny_gpt2_folder):
    tokens, inputs, outputs = passed(tiny_gpt2_folder, AutoModelForCausalLM)
    run = saved.from_outputs(tokens, outputs, attention_mask=inputs["attention_mask"])
    np.testing.assert_array_equal(run.attentions, torch.stack(outputs.attentions, dim=1).numpy())
    assert run.model.causal and row_states(run, 1)[0, 0, 1] == CAUSAL


def test_what_bertviz_takes_is_taken(tiny_bert_folder):
    tokens, _inputs, outputs = passed(tiny_bert_folder, AutoModelForMaskedLM, TEXTS[:1])
    attention = outputs.attentions  # a tuple of L tensors, as for head_view(attention, tokens)
    run = saved.from_outputs(tokens[0], attention)
    np.testing.assert_array_equal(run.attentions[0], torch.stack(attention)[:, 0].numpy())
    again = saved.read(io.BytesIO(_written(run)))
    np.testing.assert_array_equal(again.attentions, run.attentions)


def _written(run) -> bytes:
    buffer = io.BytesIO()
    saved.write(run, buffer)
    return buffer.getvalue()


def test_an_encoder_decoder(tiny_translator_folder):
    tokenizer = AutoTokenizer.from_pretrained(tiny_translator_folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(tiny_translator_folder, attn_implementation="eager").eval()
    inputs = tokenizer(["the turtle moves", "a cat"], padding=True, return_tensors="pt")
    read = torch.tensor([[model.config.decoder_start_token_id, 5, 6], [model.config.decoder_start_token_id, 7, 8]])
    with torch.inference_mode():
        outputs = model(**inputs, decoder_input_ids=read, output_attentions=True)
    tokens, target = (
        [tokenizer.convert_ids_to_tokens(row) for row in ids.tolist()] for ids in (inputs["input_ids"], read)
    )
    run = saved.from_outputs(tokens, outputs, target_tokens=target, attention_mask=inputs["attention_mask"])
    for kind in ("encoder", "decoder", "cross"):
        expected = torch.stack(getattr(outputs, f"{kind}_attentions"), dim=1).numpy()
        np.testing.assert_array_equal(run.maps[kind].attentions, expected)
    assert run.target.tokens == tuple(map(tuple, target))
    assert row_states(run, 0, "decoder")[0, 0, 1] == CAUSAL
    assert (row_states(run, 1, "cross")[0] == PADDING).any()
    assert saved.read(io.BytesIO(_written(run))).maps.keys() == run.maps.keys()


@pytest.mark.parametrize("make", [translators.t5, translators.bart])
def test_other_families_of_two_stacks(make):
    tokenizer = translators.TRANSLATORS[make]()
    torch.manual_seed(5)
    model = make(tokenizer).eval()
    model.set_attn_implementation("eager")
    inputs = tokenizer(["the turtle moves slow", "a cat"], padding=True, return_tensors="pt")
    start = model.config.decoder_start_token_id
    read = torch.tensor([[start, 5, 6, 7], [start, 7, 8, tokenizer.pad_token_id]])
    real = (torch.arange(4) < torch.tensor([[4], [3]])).long()
    with torch.no_grad():
        outputs = model(**inputs, decoder_input_ids=read, decoder_attention_mask=real, output_attentions=True)
    tokens, target = (list(map(tokenizer.convert_ids_to_tokens, ids.tolist())) for ids in (inputs["input_ids"], read))
    run = saved.from_outputs(
        tokens, outputs, target_tokens=target, attention_mask=inputs["attention_mask"], target_mask=real
    )
    for kind in ("encoder", "decoder", "cross"):
        expected = torch.stack(getattr(outputs, f"{kind}_attentions"), dim=1).numpy()
        np.testing.assert_array_equal(run.maps[kind].attentions, expected)
        hidden = ~np.broadcast_to(run.maps[kind].allowed[:, :, None], expected.shape)
        assert not expected[hidden].any(), kind
    np.testing.assert_array_equal(run.target.attention_mask, real.numpy().astype(bool))


def test_half_precision_and_plain_arrays_are_taken():
    maps = [np.full((1, 2, 3, 3), 1 / 3) for _layer in range(2)]
    run = saved.from_outputs(["a", "b", "c"], {"attentions": [torch.tensor(m).bfloat16() for m in maps]})
    np.testing.assert_allclose(run.attentions, 1 / 3, atol=1e-3)
    assert saved.from_outputs(["a", "b", "c"], maps).attentions.dtype == np.float32


def test_attention_that_was_not_returned_is_said_loudly(tiny_bert_folder, tiny_translator_folder):
    tokenizer = AutoTokenizer.from_pretrained(tiny_bert_folder)
    model = AutoModelForMaskedLM.from_pretrained(tiny_bert_folder, attn_implementation="sdpa").eval()
    outputs = model(**tokenizer("the turtle", return_tensors="pt"), output_attentions=True)
    for given in (outputs, (), (None, None), object()):
        with pytest.raises(NoAttentionsReturned, match="attn_implementation='eager'"):
            saved.from_outputs(["[CLS]", "the", "turtle", "[SEP]"], given)
    with pytest.raises(NoAttentionsReturned, match="encoder_attentions, decoder_attentions"):
        saved.from_outputs(["a"], {"cross_attentions": [np.ones((1, 1, 1, 1))]}, target_tokens=["b"])


@pytest.mark.parametrize(
    "tokens, maps, options, said",
    [
        (
            ["a", "b"],
            [np.ones((1, 1, 3, 3))],
            {},
            r"attentions: \[1, 1, 3, 3\] was given; it must be \[1, heads, 2, 2\]",
        ),
        (["a", "b"], [np.ones((1, 1, 2, 2)), np.ones((1, 2, 2, 2))], {}, r"attentions: \[1, 2, 2, 2\]"),
        (["a", "b"], [np.ones((2, 2))], {}, r"attentions: \[2, 2\] was given"),
        ([["a"], ["b", "c"]], [np.ones((2, 1, 2, 2))], {}, "tokens: .1, 2. was given; it must be rows of one length"),
        ([], [np.ones((1, 1, 1, 1))], {}, "tokens"),
        (["a"], [np.ones((1, 1, 1, 1))], {"attention_mask": [1, 1]}, "attention_mask: .2. was given"),
        (["a"], {"cross_attentions": [np.ones((1, 1, 1, 1))]}, {}, "target_tokens: None was given"),
    ],
)
def test_what_does_not_fit_is_said_with_what_would(tokens, maps, options, said):
    with pytest.raises(MapsDoNotFitTokens, match=said):
        saved.from_outputs(tokens, maps, **options)


def test_numbers_that_are_no_attention_are_refused():
    with pytest.raises(NotARun, match="'mine' is not a saved run: attentions must lie between 0 and 1"):
        saved.from_outputs(["a"], [np.full((1, 1, 1, 1), np.nan)], model="mine")
