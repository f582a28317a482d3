"""What a query may look at in a head's layer decides its candidates, its luck and its even look."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.claims import verdict
from viz.analysis.claims.readings import gather
from viz.analysis.claims.text import read_sentences
from viz.errors import NoKeyInSight

TOKENS = ("the", "cat", "sits", "now", "here")
NEAR_KEY, FAR_KEY = read_sentences("the cat sits _now_ *here*\nthe _cat_ sits now *here*")


def run_of(weights: list[float], **fields):
    """Build a run of two layers of one head; in the second a query sees itself and the two before it.

    ``weights`` is what the last token gives, in both layers.
    """
    maps = np.tile(np.eye(5, dtype=np.float32), (1, 2, 1, 1, 1))
    maps[0, :, 0, 4] = weights
    near = np.tri(5, dtype=bool) & ~np.tri(5, k=-3, dtype=bool)
    values = {"allowed": np.stack([np.tri(5, dtype=bool), near])[None], "attentions": maps}
    batch_fields = {"tokens": (TOKENS,), "texts": (" ".join(TOKENS),)}
    return hand_made.run(
        [[1] * 5], model=hand_made.model_info(2, causal=True), batch_fields=batch_fields, **(values | fields)
    )


def test_a_window_leaves_fewer_candidates_and_a_better_chance():
    ((of,), left_out) = gather([run_of([0, 0, 0.2, 0.7, 0.1])], [NEAR_KEY])
    assert (of.words, of.offsets, left_out) == (("the", "cat", "sits", "now"), (-4, -3, -2, -1), ())
    assert of.seen.tolist() == [[True] * 4, [False, False, True, True]]
    assert of.luck.tolist() == [1 / 4, 1 / 2]
    assert of.even.tolist() == [pytest.approx(1 / 5), pytest.approx(1 / 3)]
    assert of.hits.tolist() == [[True], [True]]
    for layer, chance in ((0, 1 / 4), (1, 1 / 2)):
        result = verdict.judge((of,), (layer, 0))
        assert (result.luck, result.p) == (chance, pytest.approx(chance))
        assert result.even == of.even[layer]


def test_a_key_outside_the_window_is_never_hit_there_and_not_by_luck():
    ((of,), _) = gather([run_of([0.1, 0.6, 0.1, 0.1, 0.1])], [FAR_KEY])
    assert of.luck.tolist() == [1 / 4, 0]
    assert of.even.tolist() == [pytest.approx(1 / 5), 0]
    assert verdict.judge((of,), (1, 0)).luck == 0


def test_a_key_that_no_layer_lets_the_query_look_at_cannot_be_tested():
    told = np.array([[True, False, True, True, True]])
    allowed = (np.tri(5, dtype=bool) & told)[None, None]
    with pytest.raises(NoKeyInSight):
        gather([run_of([0.1, 0.6, 0.1, 0.1, 0.1], allowed=allowed, given_mask=told)], [FAR_KEY])


def test_a_hidden_word_is_no_candidate():
    told = np.array([[False, True, True, True, True]])
    allowed = (np.tri(5, dtype=bool) & told)[None, None]
    ((of,), _) = gather([run_of([0, 0.6, 0.2, 0.1, 0.1], allowed=allowed, given_mask=told)], [FAR_KEY])
    assert of.words == ("cat", "sits", "now")
    assert of.luck.tolist() == [1 / 3, 1 / 3]
    assert of.even.tolist() == [pytest.approx(1 / 4)] * 2
