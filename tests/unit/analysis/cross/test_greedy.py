"""Whether switching heads off would change the greedy text is told from two passes over the same target."""

import numpy as np

from tests import hand_made
from viz.analysis.cross.greedy import first_change, wrote_itself

MODEL = hand_made.model_info(1, 2, vocabulary=("start", "b", "c"))


def run(best: list[int], ids: list[int], n_readouts: int | None = None):
    """Build a run whose rows hold these best words, over a target of these ids."""
    n = len(best) if n_readouts is None else n_readouts
    return hand_made.translation(
        [[1, 1]],
        [[1] * len(ids)],
        model=MODEL,
        target={"input_ids": np.array([ids])},
        readouts=np.array([(0, at) for at in range(n)], dtype=np.int64).reshape(n, 2),
        readout_logits=np.eye(3, dtype=np.float32)[best[:n]],
    )


def test_a_target_whose_tokens_are_the_best_words_was_written_greedily():
    assert wrote_itself(run([1, 2, 0], [0, 1, 2]), 0)  # the last row writes the end, whatever it is


def test_a_target_with_another_word_than_the_best_was_not():
    assert not wrote_itself(run([2, 2, 0], [0, 1, 2]), 0)


def test_a_run_without_scores_or_ids_does_not_say():
    assert not wrote_itself(run([], [0, 1, 2], 0), 0)
    without = run([1, 2, 0], [0, 1, 2])
    object.__setattr__(without, "target", None)
    assert not wrote_itself(without, 0)


def test_the_first_other_best_word_is_where_the_texts_part():
    before = run([1, 2, 0], [0, 1, 2])
    change = first_change(before, run([1, 1, 1], [0, 1, 2]), 0)
    assert change is not None
    assert (change.query, change.written) == (1, 2)


def test_another_word_at_the_end_is_a_change_too():
    change = first_change(run([1, 2, 0], [0, 1, 2]), run([1, 2, 1], [0, 1, 2]), 0)
    assert change is not None
    assert change.written is None


def test_where_every_best_word_is_the_same_nothing_changes():
    before = run([1, 2, 0], [0, 1, 2])
    assert first_change(before, before, 0) is None
