"""What each value does in each number type, cell by cell: leak, NaN, and a row with everything hidden."""

import math

import numpy as np
import pytest
import torch

from viz.analysis.masks.hiding import DTYPES, FILLS, Hiding
from viz.engine import hiding_values
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model

SCORES = np.array([2.31, -0.44, 1.07, 0.5, -1.9], dtype=np.float32)
HIDDEN = np.array([False, True, False, True, False])
EXACT = [math.exp(2.31), 0.0, math.exp(1.07), 0.0, math.exp(-1.9)]


def of(table, fill, dtype):
    (found,) = [result for result in table if result.hiding == Hiding(fill, dtype)]
    return found


@pytest.fixture(scope="module")
def table():
    return hiding_values.table(SCORES, HIDDEN)


def test_every_value_is_tried_in_every_type(table):
    assert len(table) == 7 * 3
    assert [result.hiding for result in table] == [Hiding(fill, dtype) for fill in FILLS for dtype in DTYPES]


@pytest.mark.parametrize(
    "fill, expected",
    [
        ("-inf", (-math.inf, -math.inf, -math.inf)),
        ("min", (-(2.0**128 - 2.0**104), -65504.0, -(2.0**128 - 2.0**120))),
        (-1e9, (-1e9, -math.inf, -998244352.0)),
        (-1e4, (-10000.0, -10000.0, -9984.0)),
        (-100.0, (-100.0, -100.0, -100.0)),
        (-10.0, (-10.0, -10.0, -10.0)),
        (-1.0, (-1.0, -1.0, -1.0)),
    ],
)
def test_a_type_holds_a_value_as_it_can(fill, expected, table):
    assert tuple(of(table, fill, dtype).stored for dtype in DTYPES) == expected


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("fill", ["-inf", "min", -1e9, -1e4])
def test_strong_values_leak_exactly_nothing_beside_a_visible_key(fill, dtype, table):
    result = of(table, fill, dtype)
    assert result.leak == 0
    assert not result.is_nan


def test_minus_a_hundred_leaks_too_little_to_matter(table):
    assert 0 < of(table, -100.0, "float32").leak < 1e-40
    assert of(table, -100.0, "float16").leak == 0  # below the smallest number of float16


@pytest.mark.parametrize("fill", [-10.0, -1.0])
def test_weak_values_leak_as_arithmetic_says(fill, table):
    on_hidden = math.exp(-0.44 + fill) + math.exp(0.5 + fill)
    expected = on_hidden / (sum(EXACT) + on_hidden)
    assert of(table, fill, "float32").leak == pytest.approx(expected, rel=1e-5)
    assert of(table, fill, "float16").leak == pytest.approx(expected, rel=2e-2)
    assert of(table, fill, "bfloat16").leak == pytest.approx(expected, rel=8e-2)


def test_minus_ten_leaks_a_few_hundred_thousandths_here(table):
    assert 6e-6 < of(table, -10.0, "float32").leak < 1e-5


def test_the_change_on_visible_keys_is_measured_against_minus_infinity_in_float64(table):
    shares = np.array(EXACT) / sum(EXACT)
    on_hidden = math.exp(-0.44 - 1) + math.exp(0.5 - 1)
    leaking = np.array(EXACT) / (sum(EXACT) + on_hidden)
    expected = np.abs(shares - leaking)[~HIDDEN].max()
    assert of(table, -1.0, "float32").change == pytest.approx(expected, rel=1e-5)
    assert of(table, "min", "float32").change < 1e-7
    for dtype, bits in (("float16", 11), ("bfloat16", 8)):
        assert 0 < of(table, "min", dtype).change < 2.0 ** (1 - bits) * 2.31


@pytest.mark.parametrize(
    "fill, expected",
    [
        ("-inf", ("NaN", "NaN", "NaN")),
        ("min", ("uniform", "uniform", "uniform")),
        (-1e9, ("uniform", "NaN", "uniform")),  # float16 cannot hold it; float32's numbers there are 64 apart
        (-1e4, ("as unmasked", "uniform", "uniform")),  # 0.001, 8 and 64 apart
        (-100.0, ("as unmasked", "mixed", "mixed")),
    ],
)
def test_a_row_with_everything_hidden(fill, expected, table):
    assert tuple(of(table, fill, dtype).fully_hidden for dtype in DTYPES) == expected


def test_a_fully_hidden_row_says_how_far_from_uniform_it_is(table):
    assert of(table, "min", "float32").deviation_from_uniform < 1e-7
    assert math.isnan(of(table, "-inf", "float32").deviation_from_uniform)
    unmasked = np.exp(SCORES.astype(float)) / np.exp(SCORES.astype(float)).sum()
    assert of(table, -1e4, "float32").deviation_from_uniform == pytest.approx(np.abs(unmasked - 0.2).max(), abs=1e-3)


def test_large_scores_are_only_half_lost_beside_minus_ten_thousand_in_float16():
    scores = np.array([0.0, 5.0, 3.0], dtype=np.float32)  # float16 has -10000 and -9992 and nothing between
    result = of(hiding_values.table(scores, np.array([False, True, False])), -1e4, "float16")
    assert result.fully_hidden == "mixed"
    assert result.deviation_from_uniform == pytest.approx(math.exp(8) / (math.exp(8) + 2) - 1 / 3, abs=1e-3)


@pytest.mark.parametrize("fill", [-10.0, -1.0])
def test_a_weak_value_at_every_key_changes_no_softmax(fill, table):
    assert of(table, fill, "float32").fully_hidden == "as unmasked"


def test_the_smallest_number_overflows_in_float16_beside_a_very_negative_score():
    scores = np.array(
        [-10.0, -40.0, -1.0], dtype=np.float32
    )  # -65504 - 40 lies beyond float16, -65514 rounds to -65504
    result = of(hiding_values.table(scores, np.array([False, True, True])), "min", "float16")
    assert result.fully_hidden == "mixed"  # 1/2, 0, 1/2
    assert result.deviation_from_uniform == pytest.approx(1 / 3, abs=1e-6)
    scores = np.array([-40.0, -40.0], dtype=np.float32)
    assert of(hiding_values.table(scores, np.array([False, True])), "min", "float16").fully_hidden == "NaN"


def test_a_row_that_is_hidden_already_is_judged_too():
    everything = np.ones(5, dtype=bool)
    table = hiding_values.table(SCORES, everything)
    assert of(table, "-inf", "float32").is_nan and math.isnan(of(table, "-inf", "float32").leak)
    assert not of(table, "min", "float32").is_nan
    assert of(table, "min", "float32").leak == pytest.approx(1, abs=1e-6)
    assert of(table, "min", "float32").change == 0  # there is no visible key


def test_nothing_hidden_leaks_nothing():
    assert {result.leak for result in hiding_values.table(SCORES, np.zeros(5, dtype=bool))} == {0.0}


@pytest.mark.parametrize(
    "checkpoint, text",
    [
        ("headlight-bert", "The turtle moves slow across the [MASK]."),
        ("headlight-gpt2", "The turtle moves slow across the"),
    ],
)
def test_on_a_shipped_models_own_scores_strong_values_hide_all_and_the_table_is_what_a_rerun_does(checkpoint, text):
    loaded = load_model(checkpoint)
    batch = encode(loaded, [text])
    told = batch.attention_mask.copy()
    told[0, [1, 3]] = False
    ours = run(loaded, batch, given_mask=told)
    query = batch.n_tokens - 1
    for head in range(loaded.info.n_heads):
        table = hiding_values.table(ours.scores[0, 0, head, query], ~told[0])
        for fill in ("-inf", "min", -1e9, -1e4):
            for dtype in DTYPES:
                assert of(table, fill, dtype).leak == 0
        again = run(loaded, batch, given_mask=told, hiding=Hiding(-10.0))
        leak = again.attentions[0, 0, head, query, ~told[0]].astype(np.float64).sum()
        assert of(table, -10.0, "float32").leak == pytest.approx(leak, abs=1e-9)


def test_the_table_is_what_torch_itself_computes_by_hand(table):
    for result in table:
        kind = getattr(torch, result.hiding.dtype)
        added = torch.zeros(5, dtype=kind)
        added[torch.tensor(HIDDEN)] = result.stored
        row = torch.softmax(torch.tensor(SCORES).to(kind) + added, dim=-1).double()
        assert result.leak == float(row[torch.tensor(HIDDEN)].sum())
