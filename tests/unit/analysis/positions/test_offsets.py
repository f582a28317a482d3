"""Mean attention by offset, its spread and R², against sums written out and against least squares."""

import numpy as np
import pytest

from tests.hand_made import model_info, run
from viz.analysis.positions.offsets import (
    by_explained,
    measure,
    offsets_table,
    position_only,
    profile_said,
)
from viz.errors import NothingToMeasure


def random_run(attention_mask, *, model=None, seed=0, **fields):
    """Make a run with random weights whose rows sum to 1 over what is visible."""
    info = model or model_info(2, 3)
    made = run(attention_mask, model=info, **fields)
    shape = made.attentions.shape
    weights = np.random.default_rng(seed).random(shape) * made.allowed[:, :, None]
    weights = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-9)
    return run(attention_mask, model=info, attentions=weights.astype(np.float32), **fields)


def cells_of(made, layer: int, head: int, leave_out: frozenset[str] = frozenset()) -> list[tuple[int, float]]:
    """List (offset, weight) of every cell that counts, cell by cell."""
    found = []
    for row, real in enumerate(made.batch.attention_mask):
        kept = [at for at in np.flatnonzero(real).tolist() if made.batch.tokens[row][at] not in leave_out]
        places = {at: n for n, at in enumerate(np.flatnonzero(real).tolist())}
        for q in kept:
            for k in kept:
                if made.allowed[row, layer if made.allowed.shape[1] > 1 else 0, q, k]:
                    found.append((places[k] - places[q], float(made.attentions[row, layer, head, q, k])))
    return found


def check(profiles, runs, leave_out: frozenset[str] = frozenset()) -> None:
    """Hold every head against sums written out, and R² against least squares on one column an offset."""
    n_layers, n_heads = profiles.explained.shape
    for layer in range(n_layers):
        for head in range(n_heads):
            cells = [cell for made in runs for cell in cells_of(made, layer, head, leave_out)]
            for at, offset in enumerate(profiles.offsets.tolist()):
                weights = [weight for of, weight in cells if of == offset]
                assert profiles.n_cells[layer, at] == len(weights)
                if weights:
                    assert profiles.mean[layer, head, at] == pytest.approx(np.mean(weights), abs=1e-6)
                    assert profiles.spread[layer, head, at] == pytest.approx(np.std(weights), abs=1e-6)
            offsets, weights = (np.array(column) for column in zip(*cells, strict=True))
            columns = (offsets[:, None] == np.unique(offsets)).astype(float)
            solved = np.linalg.lstsq(columns, weights, rcond=None)[0]
            left_over = ((weights - columns @ solved) ** 2).sum()
            total = ((weights - weights.mean()) ** 2).sum()
            assert profiles.explained[layer, head] == pytest.approx(1 - left_over / total, abs=1e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_every_head_of_padded_texts_is_what_the_sums_say(causal):
    info = model_info(2, 3, causal=causal)
    runs = [
        random_run([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], model=info),
        random_run([[0, 0, 1, 1], [1, 1, 1, 1]], model=info, seed=1),
        random_run([[1] * 7], model=info, seed=2),
    ]
    check(measure(runs).profiles(count_special=True), runs)
    assert measure(runs).n_texts == 5


def test_special_tokens_can_be_left_out():
    tokens = ("[CLS]", "a", "b", "c", "[SEP]")
    made = random_run([[1] * 5], batch_fields={"tokens": (tokens,)})
    of = measure([made])
    check(of.profiles(count_special=False), [made], frozenset({"[CLS]", "[SEP]"}))
    assert of.profiles(count_special=False).offsets.tolist() == [-2, -1, 0, 1, 2]
    assert of.profiles(count_special=True).offsets.tolist() == list(range(-4, 5))


def test_layers_that_let_through_other_cells_are_counted_apart():
    allowed = np.ones((1, 2, 4, 4), bool)
    allowed[0, 1] = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) <= 1
    made = random_run([[1] * 4], allowed=allowed)
    of = measure([made]).profiles(count_special=True)
    check(of, [made])
    assert of.n_cells[0].tolist() == [1, 2, 3, 4, 3, 2, 1] and of.n_cells[1].tolist() == [0, 0, 3, 4, 3, 0, 0]
    assert np.isnan(of.mean[1, 0, 0])


def test_a_row_that_may_look_at_nothing_does_not_count():
    allowed = np.ones((1, 1, 3, 3), bool)
    allowed[0, 0, 1] = False
    of = measure([random_run([[1] * 3], allowed=allowed)]).profiles(count_special=True)
    assert of.n_cells[0].tolist() == [1, 1, 2, 1, 1]


def test_a_head_of_places_is_explained_whole_and_an_even_one_has_no_number():
    previous = np.eye(5, k=-1)
    previous[0, 0] = 1
    info = model_info(1, 2)
    weights = np.stack([previous, np.full((5, 5), 0.2)]).astype(np.float32)[None, None]
    of = measure([run([[1] * 5], model=info, attentions=weights)]).profiles(count_special=True)
    total = 5 * 1 - 25 * 0.2**2  # squares less cells x mean²
    within = 5 * 0.2 * 0.8  # only the diagonal is mixed: one of five cells is 1
    assert of.explained[0, 0] == pytest.approx(1 - within / total)
    assert np.isnan(of.explained[0, 1])
    assert by_explained(of) == [(0, 0)]
    share = f"{1 - within / total:.1%}"
    assert profile_said(of, (0, 0)) == (
        f"Layer1_Head1 · L0H0: offsets alone explain {share} of it (R²). Most goes to offset -1: 1.00 ± 0.00."
    )
    assert "the same weight to every cell" in profile_said(of, (0, 1))
    table = offsets_table(of, [(0, 0)])
    assert (table["offset"], table["mean"], table["spread"]) == ([-1], [1.0], [0.0])


def test_a_head_that_rests_elsewhere_has_a_number_all_the_same():
    previous = np.eye(5, k=-1) * 1e-7
    previous[:, 0] += 1 - previous.sum(axis=1)
    tokens = ("[CLS]", "a", "b", "c", "[SEP]")
    made = run([[1] * 5], attentions=previous.astype(np.float32)[None, None, None], batch_fields={"tokens": (tokens,)})
    assert measure([made]).profiles(count_special=False).explained[0, 0] == pytest.approx(1)


def test_the_map_of_offsets_alone_has_the_mean_of_each_cells_offset():
    made = random_run([[0, 1, 1, 1]], model=model_info(1, 1, causal=True))
    of = measure([made]).profiles(count_special=True)
    alone = position_only(of, made, 0, (0, 0))
    means = dict(zip(of.offsets.tolist(), of.mean[0, 0].tolist(), strict=True))
    expected = np.full((4, 4), np.nan)
    for q in range(1, 4):
        for k in range(1, q + 1):
            expected[q, k] = means[k - q]
    np.testing.assert_allclose(alone, expected, atol=1e-7)


def test_offsets_never_measured_stay_empty_in_that_map():
    of = measure([random_run([[1] * 2], model=model_info(1, 1))]).profiles(count_special=True)
    alone = position_only(of, random_run([[1] * 4], model=model_info(1, 1)), 0, (0, 0))
    assert np.isnan(alone[0, 2]) and np.isnan(alone[3, 0]) and not np.isnan(alone[2, 3])


def test_texts_of_special_tokens_alone_have_nothing_to_measure():
    made = random_run([[1, 1]], batch_fields={"tokens": (("[CLS]", "[SEP]"),)})
    with pytest.raises(NothingToMeasure):
        measure([made]).profiles(count_special=False)
