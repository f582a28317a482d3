"""A view merges, leaves out and joins by arithmetic that is written out here, and says what it did."""

from itertools import product

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.masks.cells import CAUSAL, PADDING, VISIBLE, row_states
from viz.analysis.views import viewed as module
from viz.analysis.views.viewed import said, viewed
from viz.names import diagram_name, map_title
from viz.records import Run
from viz.view import PLAIN, View

WORDS = View(words=True)


def bert_run(weights, tokens, *, attention_mask=None, **fields) -> Run:
    """Give a run of float ``[L, H, T, T]`` weights over one text."""
    weights = np.array(weights, np.float32)
    model = hand_made.model_info(*weights.shape[:2], causal=fields.pop("causal", False), vocabulary=("x",))
    mask = [attention_mask or [1] * len(tokens)]
    return hand_made.run(
        mask, model=model, attentions=weights[None], batch_fields={"tokens": (tuple(tokens),)}, **fields
    )


def chance(n_layers: int, n_heads: int, n_tokens: int, causal: bool = False) -> np.ndarray:
    """Give weights whose rows sum to 1, float64 ``[L, H, T, T]``."""
    weights = np.random.default_rng(3).random((n_layers, n_heads, n_tokens, n_tokens)) + 0.01
    if causal:
        weights *= np.tri(n_tokens)
    return weights / weights.sum(axis=-1, keepdims=True)


def test_a_plain_view_is_the_run_itself():
    run = bert_run(chance(1, 1, 2), ["a", "b"])
    assert viewed(run, 0, PLAIN) == (run, 0)
    assert said(PLAIN) == ""


def test_words_are_the_mean_over_their_queries_and_the_sum_over_their_keys():
    weights = [[[[0.1, 0.2, 0.3, 0.4], [0.5, 0.1, 0.1, 0.3], [0.2, 0.2, 0.2, 0.4], [0.7, 0.1, 0.1, 0.1]]]]
    seen, row = viewed(bert_run(weights, ["play", "##ing", "a", "game"]), 0, WORDS)
    assert seen.batch.tokens == (("playing", "a", "game"),)
    assert seen.attentions[row, 0, 0].tolist() == [
        pytest.approx([(0.1 + 0.2 + 0.5 + 0.1) / 2, (0.3 + 0.1) / 2, (0.4 + 0.3) / 2]),
        pytest.approx([0.2 + 0.2, 0.2, 0.4]),
        pytest.approx([0.7 + 0.1, 0.1, 0.1]),
    ]


def test_rows_of_words_still_sum_to_one_in_every_head():
    tokens = ["[CLS]", "un", "##afford", "##able", "things", "##s", "[SEP]"]
    seen, _row = viewed(bert_run(chance(2, 3, 7), tokens), 0, WORDS)
    assert seen.batch.tokens[0] == ("[CLS]", "unaffordable", "thingss", "[SEP]")
    np.testing.assert_allclose(seen.attentions.sum(axis=-1), 1, atol=1e-6)


def test_special_tokens_are_left_out_and_nothing_is_divided_unless_asked():
    weights = [[[[0.5, 0.2, 0.2, 0.1], [0.4, 0.1, 0.3, 0.2], [0.25, 0.5, 0.125, 0.125], [1, 0, 0, 0]]]]
    run = bert_run(weights, ["[CLS]", "a", "dog", "[SEP]"])
    hidden, _row = viewed(run, 0, View(special="hidden"))
    assert hidden.batch.tokens[0] == ("a", "dog")
    assert hidden.attentions[0, 0, 0].tolist() == [pytest.approx([0.1, 0.3]), pytest.approx([0.5, 0.125])]
    divided, _row = viewed(run, 0, View(special="renormalised"))
    assert divided.attentions[0, 0, 0].tolist() == [pytest.approx([0.25, 0.75]), pytest.approx([0.8, 0.2])]


def test_a_row_of_which_nothing_is_left_is_not_divided():
    weights = [[[[1, 0, 0], [1, 0, 0], [0, 1, 0]]]]
    seen, _row = viewed(bert_run(weights, ["[CLS]", "a", "b"]), 0, View(special="renormalised"))
    assert seen.attentions[0, 0, 0].tolist() == [[0, 0], [1, 0]]


def test_of_a_text_of_special_tokens_alone_all_stay():
    seen, _row = viewed(bert_run(chance(1, 1, 2), ["[CLS]", "[SEP]"]), 0, View(special="hidden"))
    assert seen.batch.tokens[0] == ("[CLS]", "[SEP]")


def test_padding_stays_and_is_drawn_as_padding():
    tokens = ["[CLS]", "play", "##ing", "[SEP]", "[PAD]", "[PAD]"]
    run = bert_run(chance(1, 1, 6), tokens, attention_mask=[1, 1, 1, 1, 0, 0])
    seen, row = viewed(run, 0, View(words=True, special="hidden"))
    assert seen.batch.tokens[row] == ("playing", "[PAD]", "[PAD]")
    assert row_states(seen, row)[0].tolist() == [[VISIBLE, PADDING, PADDING], [PADDING] * 3, [PADDING] * 3]


def test_later_words_of_a_causal_model_stay_later():
    run = bert_run(chance(1, 1, 4, causal=True), ["␣play", "ing", "␣a", "␣game"], causal=True)
    seen, row = viewed(run, 0, WORDS)
    assert seen.batch.tokens[row] == ("playing", "a", "game")
    assert row_states(seen, row)[0].tolist() == [
        [VISIBLE, CAUSAL, CAUSAL],
        [VISIBLE, VISIBLE, CAUSAL],
        [VISIBLE, VISIBLE, VISIBLE],
    ]


def test_a_query_that_may_look_at_nothing_counts_in_no_mean():
    allowed = np.array([[[[True, True], [False, False]]]])
    run = bert_run([[[[0.3, 0.7], [0.5, 0.5]]]], ["play", "##ing"], allowed=allowed)
    assert viewed(run, 0, WORDS)[0].attentions[0, 0, 0].tolist() == [pytest.approx([0.3 + 0.7])]
    two = np.array([[[[True, True], [False, False]], [[True, True], [True, True]]]])
    run = bert_run([[[[0.3, 0.7], [0.5, 0.5]]], [[[0.1, 0.9], [0.2, 0.8]]]], ["a", "b"], allowed=two)
    mean, _row = viewed(run, 0, View(combined="layers"))
    assert mean.attentions[0, 0, 0].tolist() == [pytest.approx([0.2, 0.8]), pytest.approx([0.2, 0.8])]


@pytest.mark.parametrize("how, axes", [("heads", (1,)), ("layers", (0,)), ("all", (0, 1))])
def test_a_mean_is_that_of_plain_numpy(how, axes):
    weights = chance(3, 4, 5)
    seen, row = viewed(bert_run(weights, list("abcde")), 0, View(combined=how))
    np.testing.assert_allclose(seen.attentions[row], weights.mean(axis=axes, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_rollout_is_the_sum_over_all_paths_through_three_layers(causal):
    weights = chance(3, 2, 4, causal)
    steps = [weights[layer].mean(axis=0) / 2 + np.eye(4) / 2 for layer in range(3)]
    paths = np.zeros((4, 4))
    for end, third, second, start in product(range(4), repeat=4):
        paths[end, start] += steps[2][end, third] * steps[1][third, second] * steps[0][second, start]
    seen, row = viewed(bert_run(weights, list("abcd"), causal=causal), 0, View(combined="rollout"))
    assert seen.attentions.shape == (1, 3, 1, 4, 4)
    np.testing.assert_allclose(seen.attentions[row, 2, 0], paths, atol=1e-6)
    np.testing.assert_allclose(seen.attentions[row, 0, 0], steps[0], atol=1e-6)
    assert (row_states(seen, row)[-1] == VISIBLE).tolist() == (np.tri(4) if causal else np.ones((4, 4))).astype(
        bool
    ).tolist()


def test_the_window_of_a_layer_widens_on_the_way_up():
    window = np.tri(4, dtype=bool) & ~np.tri(4, k=-2, dtype=bool)  # itself and the token before
    weights = np.where(window, 0.5, 0)[None, None].repeat(2, axis=0)
    run = bert_run(weights, list("abcd"), causal=True, allowed=window[None, None])
    seen, row = viewed(run, 0, View(combined="rollout"))
    reached = [(states == VISIBLE).sum(axis=1).tolist() for states in row_states(seen, row)]
    assert reached == [[1, 2, 2, 2], [1, 2, 3, 3]]


def test_readouts_stand_at_their_word_and_keep_their_logits():
    run = bert_run(
        chance(1, 1, 4),
        ["[CLS]", "play", "##ing", "[MASK]"],
        readouts=np.array([[0, 3], [0, 0]]),
        readout_logits=np.array([[1.5], [2.5]], np.float32),
    )
    seen, _row = viewed(run, 0, WORDS)
    assert (seen.readouts.tolist(), seen.readout_logits.tolist()) == ([[0, 2], [0, 0]], [[1.5], [2.5]])
    without, _row = viewed(run, 0, View(words=True, special="hidden"))
    assert (without.readouts.tolist(), without.readout_logits.tolist()) == ([[0, 1]], [[1.5]])


def test_queries_and_keys_of_cross_attention_are_grouped_each_by_its_own_text():
    cross = np.array([[[[[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]], [[1, 0, 0], [0, 1, 0]]]]], np.float32)
    run = hand_made.translation(
        [[1, 1, 1]],
        [[1, 1]],
        cross=cross,
        source={"tokens": (("▁play", "ing", "▁on"),)},
        target={"tokens": (("▁jou", "er"),)},
    )
    seen, _row = viewed(run, 0, WORDS)
    of = seen.maps["cross"]
    assert (of.queries, of.keys) == ((("jouer",),), (("playing", "on"),))
    assert of.attentions[0, 0, 0].tolist() == [pytest.approx([(0.1 + 0.2 + 0.3 + 0.3) / 2, (0.7 + 0.4) / 2])]
    assert seen.target.tokens == (("jouer",),)


def test_rollout_of_cross_attention_is_the_mean_over_its_heads_and_says_so():
    run = hand_made.translation([[1, 1]], [[1, 1]])
    view = View(combined="rollout")
    seen, _row = viewed(run, 0, view)
    assert {kind: maps.attentions.shape[1:3] for kind, maps in seen.maps.items()} == dict.fromkeys(run.maps, (1, 1))
    assert map_title(view, 0, 0, "cross") == "Cross Layer1: mean over its heads"
    assert said(view, "cross") == "mean over the heads of a layer" and said(view, "encoder").startswith("rollout")


def test_one_row_of_a_batch_is_viewed_alone():
    weights = chance(1, 1, 3)
    run = hand_made.run(
        [[1, 1, 0], [1, 1, 1]],
        attentions=np.stack([weights, weights[:, :, ::-1]]).astype(np.float32),
        batch_fields={"tokens": (("a", "b", "[PAD]"), ("play", "##ing", "x"))},
    )
    seen, row = viewed(run, 1, WORDS)
    assert (row, seen.batch.texts, seen.batch.tokens) == (0, ("text 1",), (("playing", "x"),))
    again, _row = viewed(run, 0, WORDS)
    assert again.batch.tokens == (("a", "b", "[PAD]"),)


@pytest.mark.parametrize(
    "view, title, file",
    [
        (PLAIN, "Layer4_Head11 · L3H10", "Attention_Layer4_Head11.png"),
        (View(combined="heads"), "Layer4: mean over its heads", "Attention_Layer4_Mean.png"),
        (View(combined="layers"), "Head11: mean over the layers", "Attention_Head11_Mean.png"),
        (View(combined="all", words=True), "mean over all heads · words", "Attention_Mean.png"),
        (View(combined="rollout"), "Layer4: rollout", "Attention_Layer4_Rollout.png"),
        (View(True, "hidden"), "Layer4_Head11 · L3H10 · words · no special tokens", "Attention_Layer4_Head11.png"),
    ],
)
def test_a_map_is_called_after_what_is_seen(view, title, file):
    assert (map_title(view, 3, 10), diagram_name(3, 10, view=view)) == (title, file)


def test_views_of_all_runs_take_so_many_bytes_and_the_newest_stays(monkeypatch):
    words = View(words=True)
    runs = [hand_made.run([[1] * 40]) for _number in range(6)]
    size = viewed(runs[0], 0, words)[0].nbytes
    monkeypatch.setattr(module, "MAX_BYTES", 3 * size)
    made = [viewed(run, 0, words)[0] for run in runs]
    again = [viewed(run, 0, words)[0] for run in reversed(runs)]
    assert [one is other for one, other in zip(reversed(made), again)] == [True, True, True, False, False, False]
    monkeypatch.setattr(module, "MAX_BYTES", 1)
    newest = viewed(runs[2], 0, View(special="hidden"))[0]
    assert viewed(runs[2], 0, View(special="hidden"))[0] is newest
    assert [run for run in runs if run in module._last] == [runs[2]]
