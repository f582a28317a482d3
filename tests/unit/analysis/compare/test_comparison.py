"""Two runs of any texts, models and kinds: heads are compared over paired tokens, by arithmetic written out."""

import numpy as np
import pytest

from tests import hand_made
from tests.unit.analysis.compare.test_alignment import SPECIALS
from viz.analysis.compare import comparison, movement
from viz.analysis.compare.comparison import compared
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, VISIBLE
from viz.errors import NoKindInCommon


def run_of(tokens: str, attentions: list, *, left: int = 0, right: int = 0, told=None, **model):
    """Build a run of one text from its tokens, with padding on either side; attentions are ``[L, H, T, T]``."""
    row = ("[PAD]",) * left + tuple(tokens.split()) + ("[PAD]",) * right
    weights = np.array([attentions], dtype=np.float32)
    real = [[0] * left + [1] * len(tokens.split()) + [0] * right]
    special = np.array([[token in SPECIALS for token in row]])
    return hand_made.run(
        real,
        model=hand_made.model_info(*weights.shape[1:3], **model),
        batch_fields={"tokens": (row,), "special_tokens_mask": special},
        attentions=weights,
        **({} if told is None else {"given_mask": np.array([told])}),
    )


def test_what_goes_to_tokens_without_a_partner_has_moved():
    before = run_of("a b", [[[[0.5, 0.5], [1, 0]]]])
    after = run_of("a new b", [[[[0.5, 0.25, 0.25], [0, 1, 0], [0.25, 0.75, 0]]]])
    of = compared(before, after)
    # query a: |0.5-0.5| + |0.25-0.5| + 0.25 to new = 0.5, half of it 0.25; query b: |0.25-1| + |0-0| + 0.75, half 0.75
    assert movement.head_changes(of).tolist() == [[0.5]]
    assert movement.difference(of, 0, 0).tolist() == [[0, -0.25], [-0.75, 0]]
    back = compared(after, before)
    assert movement.head_changes(back).tolist() == [[0.5]]
    assert movement.difference(back, 0, 0).tolist() == [[0, 0.25], [0.75, 0]]


def test_a_head_that_follows_its_word_to_another_place_has_not_moved():
    before = run_of("a b c", [[[[0, 1, 0], [0, 0, 1], [1, 0, 0]]]])
    after = run_of("b a c", [[[[0, 0, 1], [1, 0, 0], [0, 1, 0]]]])  # a looks at b, b at c, c at a, as before
    assert movement.head_changes(compared(before, after)).tolist() == [[0]]
    stays = run_of("b a c", [[[[0, 1, 0], [0, 0, 1], [1, 0, 0]]]])  # the first looks at the second, and so on
    assert movement.head_changes(compared(before, stays)).tolist() == [[1]]


def test_of_a_word_in_pieces_keys_are_summed_and_queries_averaged():
    before = run_of("the playing", [[[[0.25, 0.75], [0.5, 0.5]]]])
    after = run_of("the play ##ing", [[[[0.5, 0.25, 0.25], [0.25, 0.25, 0.5], [0.75, 0.25, 0]]]])
    of = compared(before, after)
    # the: 0.5 - 0.25, (0.25 + 0.25) - 0.75; playing: (0.25 + 0.75) / 2 - 0.5, ((0.25 + 0.5) + (0.25 + 0)) / 2 - 0.5
    assert movement.difference(of, 0, 0).tolist() == [[0.25, -0.25], [0, 0]]
    assert movement.head_changes(of).tolist() == [[(0.25 + 0) / 2]]


def test_padding_is_one_key_wherever_it_stands():
    told_not = [True, True, True]
    before = run_of("a b", [[[[0.5, 0.25, 0.25], [1, 0, 0], [1, 0, 0]]]], right=1, told=told_not)
    after = run_of("a b", [[[[0, 0, 1], [0.25, 0.5, 0.25], [0, 0, 1]]]], left=1, told=told_not)
    # a: |0.5-0.5| + |0.25-0.25| + |0.25-0.25|; b: |0-1| + |1-0| + |0-0|
    of = compared(before, after)
    assert movement.head_changes(of).tolist() == [[0.5]]
    alone = run_of("a b", [[[[0.75, 0.25], [1, 0]]]])  # a: |0.75-0.5| + |0.25-0.25| + |0-0.25| = 0.5; b: 0
    assert movement.head_changes(compared(before, alone)).tolist() == [[0.125]]


def test_a_hidden_key_is_a_change_and_what_neither_sees_is_none():
    sees = run_of("a b", [[[[0.5, 0.5], [0.5, 0.5]]]])
    blind = run_of("a b", [[[[1, 0], [1, 0]]]], told=[True, False])
    assert movement.difference(compared(sees, blind), 0, 0).tolist() == [[0.5, -0.5], [0.5, -0.5]]
    assert movement.head_changes(compared(sees, blind)).tolist() == [[0.5]]
    neither = compared(blind, blind)
    assert np.isnan(movement.difference(neither, 0, 0)).tolist() == [[False, True], [False, True]]
    assert movement.difference_states(neither, 0).tolist() == [[VISIBLE, HIDDEN], [VISIBLE, HIDDEN]]


def test_later_keys_count_where_one_of_two_runs_sees_them():
    forward = run_of("a b", [[[[1, 0], [0.5, 0.5]]]], causal=True)
    both_ways = run_of("a b", [[[[0.5, 0.5], [0.5, 0.5]]]])
    of = compared(forward, both_ways)
    assert of.reads_both_ways and not compared(forward, forward).reads_both_ways
    assert movement.difference(of, 0, 0).tolist() == [[-0.5, 0.5], [0, 0]]
    assert movement.difference_states(compared(forward, forward), 0).tolist() == [[VISIBLE, CAUSAL], [VISIBLE, VISIBLE]]


def test_a_word_of_which_a_piece_may_look_at_nothing_is_no_query():
    told = [False, True, True]
    before = run_of("play ##ing on", [[[[1, 0, 0], [0, 1, 0], [0, 0.5, 0.5]]]], causal=True, told=told)
    after = run_of("playing on", [[[[1, 0], [0.25, 0.75]]]], causal=True)
    of = compared(before, after)
    assert movement.compared_queries(of, 0).tolist() == [False, True]
    assert movement.difference_states(of, 0)[0].tolist() == [NOTHING, NOTHING]
    assert np.isnan(movement.difference(of, 0, 0)[0]).all()
    assert movement.difference(of, 0, 0)[1].tolist() == [-0.25, 0.25]
    assert movement.head_changes(of).tolist() == [[0.25]]


def test_only_heads_that_both_models_have_are_compared_each_with_its_own_name():
    here, there = [[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]
    small = run_of("a b", [[here, there]])
    large = run_of("a b", [[here, here, there], [there, there, there]])
    for of in (compared(small, large), compared(large, small)):
        assert (of.shared.n_layers, of.shared.n_heads) == (1, 2)
        assert movement.head_changes(of).tolist() == [[0, 1]]


def test_texts_with_nothing_in_common_have_no_change():
    of = compared(run_of("a", [[[[1]]]]), run_of("b", [[[[1]]]]))
    assert np.isnan(movement.head_changes(of)).all()
    assert movement.difference(of, 0, 0).shape == (0, 0)


def test_rows_of_batches_are_compared_each_with_its_own():
    tokens = (("a", "b"), ("b", "c"))
    weights = np.array([[[[[1, 0], [1, 0]]]], [[[[0, 1], [0.25, 0.75]]]]], dtype=np.float32)
    run = hand_made.run([[1, 1], [1, 1]], batch_fields={"tokens": tokens}, attentions=weights)
    of = compared(run, run, rows=(0, 1))
    assert [(pair.before, pair.after) for pair in of.keys.pairs] == [((1,), (0,))]
    # b gave b 0 and a, alone, 1; there it gives b 0 and c, alone, 1
    assert movement.head_changes(of).tolist() == [[1]]
    assert movement.difference(of, 0, 0).tolist() == [[0]]


def test_cross_attention_pairs_targets_with_targets_and_sources_with_sources():
    source, target = {"tokens": (("the", "cat"),)}, {"tokens": (("le", "chat"),)}
    before = hand_made.translation([[1, 1]], [[1, 1]], source=source, target=target)
    weights = np.zeros((1, 1, 2, 3, 3), dtype=np.float32)
    weights[0, 0] = [[[0, 0.5, 0.5], [0, 0, 1], [0, 1, 0]], [[0, 0, 1]] * 3]
    after = hand_made.translation(
        [[1, 1, 1]],
        [[1, 1, 1]],
        source={"tokens": (("old", "the", "cat"),)},
        target={"tokens": (("le", "vieux", "chat"),)},
        cross=weights,
    )
    assert comparison.kinds_of_both(before, after) == ("encoder", "decoder", "cross")
    of = compared(before, after, "cross")
    assert [(p.before, p.after) for p in of.queries.pairs] == [((0,), (0,)), ((1,), (2,))]
    assert [(p.before, p.after) for p in of.keys.pairs] == [((0,), (1,)), ((1,), (2,))]
    # every weight before is 0.5. Head 1: le as before, chat 1 and 0; head 2: 0 and 1 twice
    assert movement.difference(of, 0, 0).tolist() == [[0, 0], [0.5, -0.5]]
    assert movement.head_changes(of).tolist() == [[0.25, 0.5]]


def test_runs_without_a_kind_in_common_are_refused():
    one, two = run_of("a", [[[[1]]]]), hand_made.translation([[1]], [[1]])
    with pytest.raises(NoKindInCommon) as caught:
        comparison.kinds_of_both(one, two)
    assert "in A are: self; in B: encoder, decoder, cross." in str(caught.value)


def test_a_decoder_of_a_file_without_its_target_is_paired_by_its_maps():
    whole = hand_made.translation([[1]], [[1, 1]], target={"tokens": (("[CLS]", "chat"),)})
    without = hand_made.Run(
        whole.model, whole.batch, whole.given_mask, whole.maps, whole.readouts, whole.readout_logits
    )
    of = compared(whole, without, "decoder")
    assert [(p.before, p.after) for p in of.queries.pairs] == [((0,), (0,)), ((1,), (1,))]
