"""Effects are those of the definitions; names of heads are read and written; bright and idle heads follow the rule."""

import math

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.heads.switch_off import (
    Effect,
    HeadEffect,
    bright_but_idle,
    brightness,
    by_effect,
    dim_but_vital,
    effect,
    off_text,
    parse_off,
    ranking_table,
)
from viz.errors import HeadOutOfRange, UnknownHead

WORDS = ("a", "b", "c")


def test_the_divergence_is_in_bits_over_the_whole_vocabulary():
    before = np.log(np.array([0.5, 0.25, 0.25], np.float32))
    after = np.log(np.array([0.25, 0.5, 0.25], np.float32))
    of = effect(before, after, 0, WORDS)
    # 0.5·log2(0.5/0.25) + 0.25·log2(0.25/0.5) + 0.25·log2(1) = 0.5 - 0.25
    assert of.kl == pytest.approx(0.25, abs=1e-6)
    assert (of.probability_before, of.probability_after) == pytest.approx((0.5, 0.25), abs=1e-6)
    assert of.change == pytest.approx(-0.25, abs=1e-6)
    assert (of.token, of.top_before, of.top_after) == ("a", "a", "b")


def test_equal_answers_diverge_by_nothing_and_very_different_ones_by_a_number():
    logits = np.array([3.0, -1.0, 0.5], np.float32)
    assert effect(logits, logits + np.float32(2), 1, WORDS).kl == pytest.approx(0, abs=1e-6)
    far = effect(np.array([800.0, 0, 0], np.float32), np.array([0, 800.0, 0], np.float32), 0, WORDS)
    assert far.kl == pytest.approx(800 / math.log(2))


def test_brightness_is_the_mean_of_the_largest_weights_between_words():
    # t0 and t3 are special: rows t1 and t2, columns t1 and t2 count. max(0.1, 0.3) and max(0.6, 0.2), mean 0.45
    weights = [[0, 0, 0, 1], [0.6, 0.1, 0.3, 0], [0.1, 0.6, 0.2, 0.1], [1, 0, 0, 0]]
    special = np.array([[True, False, False, True]])
    fields = {"batch_fields": {"special_tokens_mask": special}}
    run = hand_made.run([[1, 1, 1, 1]], attentions=np.array([[[weights]]], np.float32), **fields)
    assert brightness(run, 0) == pytest.approx(0.45)


def test_brightness_leaves_out_padding_and_in_a_causal_model_the_first_token():
    # behind one pad: t1 is the first token, where heads rest; t2 and t3 look at t2 and t3. max(0.3), max(0.1, 0.2)
    weights = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0.7, 0.3, 0], [0, 0.7, 0.1, 0.2]]
    model = hand_made.model_info(causal=True)
    run = hand_made.run([[0, 1, 1, 1]], model=model, attentions=np.array([[[weights]]], np.float32))
    assert brightness(run, 0) == pytest.approx(0.25)


def test_nothing_to_look_at_is_dark():
    model = hand_made.model_info(1, 2, causal=True)
    assert brightness(hand_made.run([[1]], model=model), 0).tolist() == [[0, 0]]


def head(number: int, kl: float) -> HeadEffect:
    return HeadEffect(0, number, Effect("a", 0.5, 0.4, kl, "a", "b"))


# eight heads: the brightest quarter are 6 and 7, the dimmest 0 and 1
BRIGHT = np.arange(8, dtype=np.float32)[None]


def test_bright_but_idle_and_dim_but_vital_are_quarters_of_both():
    # effects: the smallest quarter are heads 7 (0.1) and 3 (0.2), the largest 0 (9) and 5 (8)
    ranked = [head(n, kl) for n, kl in enumerate([9, 3, 4, 0.2, 5, 8, 6, 0.1])]
    assert [of.head for of in bright_but_idle(ranked, BRIGHT)] == [7]
    assert [of.head for of in dim_but_vital(ranked, BRIGHT)] == [0]
    assert [of.head for of in by_effect(ranked)] == [0, 5, 6, 4, 2, 1, 3, 7]


def test_the_named_heads_come_in_the_order_of_their_effect():
    ranked = [head(n, kl) for n, kl in enumerate([8, 9, 4, 5, 5, 5, 0.2, 0.1])]
    assert [of.head for of in bright_but_idle(ranked, BRIGHT)] == [7, 6]
    assert [of.head for of in dim_but_vital(ranked, BRIGHT)] == [1, 0]


def test_the_table_has_both_names_and_numbers_that_are_not_rounded():
    table = ranking_table([head(1, 0.123456789), head(2, 3.0)], BRIGHT)
    assert table["head"] == ["Layer1_Head3", "Layer1_Head2"] and table["index"] == ["L0H2", "L0H1"]
    assert table["kl_bits"] == [3.0, 0.123456789] and table["brightness"] == [2.0, 1.0]
    assert table["change"] == pytest.approx([-0.1, -0.1])
    assert list(ranking_table([], BRIGHT)["head"]) == []


@pytest.mark.parametrize(
    "names, places",
    [
        ("", set()),
        (" , ;", set()),
        ("L1H2", {(1, 2)}),
        ("Layer2_Head3, l0h0", {(1, 2), (0, 0)}),
        ("L1", {(1, 0), (1, 1), (1, 2)}),
        ("Layer1;L1H0", {(0, 0), (0, 1), (0, 2), (1, 0)}),
        ("head 3", {(0, 2), (1, 2)}),
        ("H0", {(0, 0), (1, 0)}),
    ],
)
def test_heads_layers_and_columns_are_read_by_either_name(names, places):
    assert parse_off(names, 2, 3) == places


@pytest.mark.parametrize("name", ["L2H0", "Layer1_Head4", "L2", "Layer3", "Layer0", "Head4", "Head0", "H3"])
def test_a_head_or_layer_that_does_not_exist_is_refused(name):
    with pytest.raises(HeadOutOfRange, match=f"{name} does not exist: this model has 2 layers of 3 heads"):
        parse_off(f"L0H0,{name}", 2, 3)


def test_a_name_that_is_none_is_refused():
    with pytest.raises(UnknownHead, match="'<script>' is not the name of a head"):
        parse_off("L0H0,<script>", 2, 3)


@pytest.mark.parametrize(
    "off, text", [(set(), ""), ({(1, 2), (0, 1)}, "L0H1,L1H2"), ({(0, 0), (1, 1), (1, 0), (1, 2)}, "L0H0,L1")]
)
def test_heads_are_written_as_they_are_read(off, text):
    assert off_text(off, 3) == text
    assert parse_off(text, 2, 3) == off
