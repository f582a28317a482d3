"""Every layer is measured on what it lets through: its own window, and no query that may look at nothing."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.heads import boards, patterns
from viz.analysis.heads.switch_off import brightness
from viz.errors import NothingToMeasure

EVERY = np.tri(12, dtype=bool)
NEAR = EVERY & ~np.tri(12, k=-4, dtype=bool)  # itself and the three before it


def causal_run(allowed: np.ndarray, n_heads: int = 1, **fields):
    """Build a run of one text whose layers let through ``allowed``, bool ``[L, Q, K]``."""
    n_layers, n_tokens, _ = allowed.shape
    model = hand_made.model_info(n_layers, n_heads, causal=True)
    return hand_made.run([[1] * n_tokens], model=model, allowed=allowed[None], **fields)


def test_an_even_look_at_a_window_is_not_one_at_all_that_stands_before():
    # In the window of four: 0, 1/2, 1, then (0 + 1 + 2 + 3) / 4 nine times: 15 / 12. Without it q / 2: 66 / 2 / 12.
    uniform = patterns.uniform(causal_run(np.stack([EVERY, NEAR])), "distance")
    assert uniform.tolist() == [pytest.approx(2.75), pytest.approx(1.25)]
    assert boards.even_values(uniform) == (pytest.approx(1.25), pytest.approx(2.75))
    assert patterns.uniform(causal_run(NEAR[None]), "distance").tolist() == [pytest.approx(1.25)]
    # itself: 1/4 nine times, and 1, 1/2, 1/3 of the first three
    assert patterns.uniform(causal_run(NEAR[None]), "self")[0] == pytest.approx((1 + 1 / 2 + 1 / 3 + 9 / 4) / 12)


def test_layers_that_agree_have_one_even_value():
    assert boards.even_values(patterns.uniform(causal_run(np.stack([EVERY, EVERY])), "self")) == (
        pytest.approx(sum(1 / n for n in range(1, 13)) / 12),
    )


def same_word_run(n_heads: int = 1):
    """Let the same word stand first and last: a window of two keys holds it once."""
    near = np.tri(4, dtype=bool) & ~np.tri(4, k=-2, dtype=bool)
    tokens = {"tokens": (("cat", "and", "a", "cat"),)}
    return causal_run(np.stack([np.tri(4, dtype=bool), near]), n_heads, batch_fields=tokens)


def test_a_measure_that_finds_nothing_in_a_window_is_no_number_there_and_ranks_no_head():
    run = same_word_run(n_heads=2)
    values = patterns.score(run, "same")
    assert values[0].tolist() == [0.25, 0.25]  # the hand-made maps are even
    assert np.isnan(values[1]).all()
    assert [(layer, head) for layer, head, _ in patterns.ranked(values, "same")] == [(0, 0), (0, 1)]
    uniform = patterns.uniform(run, "same")
    assert uniform[0] == 0.25
    assert np.isnan(uniform[1])
    assert boards.even_values(uniform) == (0.25,)


def test_an_accumulator_counts_texts_layer_by_layer():
    kept = patterns.Accumulator(["same", "self"])
    kept.add(same_word_run())
    close = {"tokens": (("cat", "cat", "a", "b"),)}  # here the window holds both
    near = np.tri(4, dtype=bool) & ~np.tri(4, k=-2, dtype=bool)
    kept.add(causal_run(np.stack([np.tri(4, dtype=bool), near]), batch_fields=close))
    assert kept.n_texts("same") == 2
    assert kept.mean("same")[:, 0].tolist() == [0.25, 0.25]
    assert kept.uniform("same").tolist() == [pytest.approx((1 / 4 + 1 / 2) / 2), pytest.approx(1 / 2)]
    assert kept.spread("same").tolist() == [[0], [0]]
    # itself, with the window: 1 and 1/2 three times
    assert kept.uniform("self").tolist() == [pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4), pytest.approx(2.5 / 4)]


def hidden_first(n_layers: int = 1):
    """Hide the first of three tokens: its own query may look at nothing, and its even row must count nowhere."""
    weights = np.array([[1 / 3] * 3, [0, 1, 0], [0, 0.25, 0.75]], np.float32)
    maps = np.broadcast_to(weights, (1, n_layers, 1, 3, 3)).copy()
    model = hand_made.model_info(n_layers, causal=True)
    return hand_made.run([[1] * 3], model=model, attentions=maps, given_mask=np.array([[False, True, True]]))


def test_a_query_that_may_look_at_nothing_counts_nowhere():
    run = hidden_first()
    expected = {
        "self": ((1 + 0.75) / 2, (1 + 1 / 2) / 2),
        "previous": ((0 + 0.25) / 2, (0 + 1 / 2) / 2),  # the second looks back at what is hidden: it counts, with 0
        "next": (0, 0),
        "distance": ((0 + 0.25) / 2, (0 + 1 / 2) / 2),
        "entropy": ((0 + 0.25 * 2 + 0.75 * np.log2(4 / 3)) / 2, (0 + 1) / 2),
    }
    for measure, (value, uniform) in expected.items():
        assert patterns.score(run, measure)[0, 0] == pytest.approx(value, abs=1e-6), measure
        assert patterns.uniform(run, measure)[0] == pytest.approx(uniform, abs=1e-6), measure


def test_a_pair_whose_query_may_look_at_nothing_cannot_be_measured():
    with pytest.raises(NothingToMeasure):
        patterns.score(hidden_first(), "pair", pair=([0], [1]))
    with pytest.raises(NothingToMeasure):
        boards.pair_score(hidden_first(), 0, [0], [1])
    assert boards.pair_score(hidden_first(), 0, [0, 2], [1]).mean[0, 0] == pytest.approx(0.25)


def test_brightness_leaves_out_a_query_that_may_look_at_nothing_and_what_the_window_leaves_out():
    # The first query: max(0.5, 0.3, 0.2). The second sees nothing. The third does not see the 0.9: max(0.05, 0.05)
    weights = np.array([[0.5, 0.3, 0.2], [1 / 3] * 3, [0.9, 0.05, 0.05]], np.float32).reshape(1, 1, 1, 3, 3)
    allowed = np.array([[[[True] * 3, [False] * 3, [False, True, True]]]])
    run = hand_made.run([[1] * 3], attentions=weights, allowed=allowed)
    assert brightness(run, 0)[0, 0] == pytest.approx((0.5 + 0.05) / 2)
