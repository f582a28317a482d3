"""Contributions, their shares and the sentence are plain arithmetic on weights and norms, written out here."""

from dataclasses import replace

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.reasons import contribution
from viz.analysis.views.viewed import said, shown_position, viewed
from viz.errors import NoContributions
from viz.names import diagram_name, map_title
from viz.view import View

TOKENS = ("[CLS]", "cats", "sleep", "[SEP]")
WEIGHTS = np.array([[0.1, 0.2, 0.1, 0.6], [0.0, 0.3, 0.1, 0.6], [0.1, 0.1, 0.2, 0.6], [0.25, 0.25, 0.25, 0.25]])
NORMS = np.array([2.0, 4.0, 1.0, 0.1])


def run_with_norms(mask=(1, 1, 1, 1), **fields):
    """Give one layer of two heads: the first as above, the second looks evenly and brings the same of every key."""
    weights = np.stack([WEIGHTS, np.full((4, 4), 0.25)])[None, None].astype(np.float32)
    made = hand_made.run(
        [list(mask)],
        model=hand_made.model_info(1, 2),
        batch_fields={"tokens": (TOKENS,), "special_tokens_mask": np.array([[True, False, False, True]])},
        attentions=weights,
        **fields,
    )
    norms = np.stack([NORMS, np.ones(4)])[None, None].astype(np.float32)
    return replace(made, maps={"self": replace(made.maps["self"], value_norms=norms)})


def test_a_contribution_is_weight_times_norm():
    run = run_with_norms()
    expected = [[0.2, 0.8, 0.1, 0.06], [0.0, 1.2, 0.1, 0.06], [0.2, 0.4, 0.2, 0.06], [0.5, 1.0, 0.25, 0.025]]
    np.testing.assert_allclose(contribution.head_contribution(run, 0, 0, 0), expected, rtol=1e-6)
    of_all = contribution.row_contributions(run, 0)
    assert of_all.shape == (1, 2, 4, 4)
    np.testing.assert_allclose(of_all[0, 1], 0.25)


def test_shares_of_a_row_sum_to_one_and_a_row_of_nothing_stays_nothing():
    shares = contribution.shares(np.array([[1.0, 3.0], [0.0, 0.0], [np.nan, 1.0]]))
    np.testing.assert_array_equal(shares, [[0.25, 0.75], [0, 0], [0, 0]])


def test_measures_read_shares_of_contribution():
    shared = contribution.by_contribution(run_with_norms())
    np.testing.assert_allclose(shared.attentions[0, 0, 0, 0], np.array([0.2, 0.8, 0.1, 0.06]) / 1.16, rtol=1e-6)
    assert shared.maps["self"].value_norms is None


def test_the_most_striking_key_is_the_one_where_means_differ_most():
    run = run_with_norms()
    found = contribution.most_striking(run, 0, (0, 0))
    assert found is not None
    by_weight = WEIGHTS.mean(axis=0)
    parts = WEIGHTS * NORMS
    by_contribution = (parts / parts.sum(axis=1, keepdims=True)).mean(axis=0)
    key = int(np.abs(by_weight - by_contribution).argmax())
    assert (found.layer, found.head, found.key) == (0, 0, key)
    assert found.weight == pytest.approx(by_weight[key], rel=1e-6)
    assert found.contribution == pytest.approx(by_contribution[key], rel=1e-6)
    assert contribution.most_striking(run, 0) == found  # the other head brings as much as it looks


def test_the_sentence_names_the_token_and_both_shares():
    run = run_with_norms()
    of = contribution.Striking(0, 0, 3, 0.6234, 0.0277)
    sentence = "[SEP] gets 0.62 of the weight and 0.03 of the contribution (mean over the queries)."
    assert contribution.said(run, 0, of) == sentence
    twice = replace(run.maps["self"], keys=(("[CLS]", "[SEP]", "sleep", "[SEP]"),))
    assert contribution.said(replace(run, maps={"self": twice}), 0, of).startswith("[SEP] (4) gets 0.62")


def test_padding_and_hidden_keys_count_nowhere():
    run = run_with_norms((1, 1, 1, 0))
    found = contribution.most_striking(run, 0, (0, 0))
    assert found is not None
    by_weight = WEIGHTS[:3, :3].mean(axis=0)
    parts = WEIGHTS[:3, :3] * NORMS[:3]
    by_contribution = (parts / parts.sum(axis=1, keepdims=True)).mean(axis=0)
    assert found.weight == pytest.approx(by_weight[found.key], rel=1e-6)
    assert found.contribution == pytest.approx(by_contribution[found.key], rel=1e-6)


def test_a_text_that_may_look_at_nothing_has_no_sentence():
    nothing = np.zeros((1, 1, 4, 4), dtype=bool)
    assert contribution.most_striking(run_with_norms(allowed=nothing), 0) is None


def test_without_norms_the_refusal_says_what_to_do():
    run = hand_made.run([[1, 1]])
    assert not contribution.are_known(run)
    for ask in (contribution.row_contributions, lambda run, row: viewed(run, row, View(contribution=True))):
        with pytest.raises(NoContributions, match="Run the text again with headlight-bert or headlight-gpt2"):
            ask(run, 0)


def test_a_view_of_contributions_is_token_by_token_and_head_by_head():
    run = run_with_norms()
    asked = View(words=True, special="renormalised", combined="rollout", contribution=True)
    seen, row = viewed(run, 0, asked)
    assert seen.view == View(special="hidden", contribution=True)
    assert seen.maps["self"].keys == (("cats", "sleep"),)
    np.testing.assert_allclose(seen.attentions[row, 0, 0], [[1.2, 0.1], [0.4, 0.2]], rtol=1e-6)
    assert shown_position(run, 0, asked, "self", 2) == 1
    assert viewed(run, 0, asked.settled)[0] is seen
    assert said(seen.view).startswith("contribution ‖α·f(x)‖ = α·‖(x W_V + b_V) W_O‖, token by token")


def test_names_of_contributions():
    view = View(contribution=True)
    assert map_title(view, 3, 10) == "Layer4_Head11 · L3H10 · contribution"
    assert diagram_name(3, 10, view=view) == "Contribution_Layer4_Head11.png"
