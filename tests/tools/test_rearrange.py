"""Heads are renumbered and layers kept without changing an output; a new layer hands on what it gets."""

import pytest
import torch
from rearrange import NEW, parse_layers, renumber_heads, swapped, with_layers
from transformers import BertForMaskedLM

from viz.shipped import MODELS_FOLDER

IDS = torch.arange(50, 90).reshape(2, 20)


@pytest.fixture
def bert():
    folder = MODELS_FOLDER / "headlight-bert"
    return BertForMaskedLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


@torch.no_grad()
def answer(model):
    return model(IDS, output_attentions=True)


def test_renumbered_heads_move_and_the_logits_stay(bert):
    before = answer(bert)
    renumber_heads(bert, 3, swapped(12, 1, 10))
    after = answer(bert)
    assert torch.allclose(before.logits, after.logits, atol=2e-5)
    order = swapped(12, 1, 10)
    assert torch.allclose(before.attentions[3][:, order], after.attentions[3], atol=1e-6)
    assert not torch.allclose(before.attentions[3], after.attentions[3], atol=1e-2)


@pytest.mark.parametrize("order", [[0, 0, *range(2, 12)], list(range(11))])
def test_an_order_that_forgets_a_head_is_refused(bert, order):
    with pytest.raises(ValueError, match="every head"):
        renumber_heads(bert, 2, order)


def test_the_same_layers_in_the_same_order_are_the_same_model(bert):
    same = with_layers(bert, list(range(6)), IDS).eval()
    assert torch.equal(answer(same).logits, answer(bert).logits)


def test_a_new_layer_hands_on_nearly_what_it_gets(bert):
    grown = with_layers(bert, parse_layers("0,1,2,new,3,4,5"), IDS).eval()
    with torch.no_grad():
        states = grown.bert(IDS, output_hidden_states=True).hidden_states
    assert grown.config.num_hidden_layers == 7
    moved = (states[4] - states[3]).norm() / states[3].norm()
    assert moved < 0.15


def test_layers_are_named_by_number_or_as_new():
    assert parse_layers("0,1,new,2") == [0, 1, NEW, 2]
