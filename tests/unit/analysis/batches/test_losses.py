"""What is read off the losses of a training batch, on numbers put in by hand."""

import numpy as np

from viz.analysis.batches.training import FourWays, TrainingBatch, Unpadded, Way
from viz.records import Batch

NAN = np.nan


def way(
    loss: float,
    *,
    mask_given=True,
    padding_scored=False,
    losses=((NAN, 1.0, 3.0), (NAN, NAN, NAN)),
    mass=None,
    head=None,
) -> Way:
    """Make one way of two sentences of three positions, on a model of one layer of two heads."""
    mass = np.zeros((2, 1, 2)) if mass is None else mass
    return Way(
        mask_given,
        padding_scored,
        loss,
        np.array(losses, dtype=np.float32),
        mass,
        float(mass.mean()),
        float(mass.max()),
        head,
        0.0,
    )


def batch() -> TrainingBatch:
    """Make two sentences, the second of them padded; one word masked, one kept."""
    real = np.array([[True, True, True], [True, True, False]])
    zeros = np.zeros((2, 3), dtype=np.int64)
    tokens = (("a", "b", "c"), ("a", "b", "[PAD]"))
    kinds = np.array([["special", "masked", "kept"], ["special", "unscored", "padding"]])
    made = Batch(
        ("a b c", "a b"), tokens, zeros.copy(), real, ~real, None, zeros.copy(), zeros.copy(), "right", (False, False)
    )
    return TrainingBatch(made, zeros.copy(), tokens, zeros.copy(), kinds, False, 0, (), ())


def test_positions_are_counted_by_kind_and_all_together():
    assert batch().count() == 6
    assert batch().count("masked", "kept") == 2
    assert batch().count("padding") == 1
    assert batch().count("random") == 0


def test_a_sentences_loss_is_the_mean_of_its_scored_positions():
    np.testing.assert_array_equal(way(2.0).sentence_losses, [(1.0 + 3.0) / 2, NAN])
    np.testing.assert_array_equal(way(2.0).counted, [[False, True, True], [False, False, False]])


def test_the_worst_row_is_where_the_worst_head_puts_most_on_padding():
    mass = np.array([[[0.9, 0.1]], [[0.2, 0.6]]])
    assert way(2.0, mass=mass, head=(0, 1)).worst_row == 1
    assert way(2.0, mass=mass, head=(0, 0)).worst_row == 0
    assert way(2.0).worst_row == 0


def test_differences_are_to_the_masked_batch_and_to_the_sentences_alone():
    right, wrong = way(2.0), way(2.75, mask_given=False)
    four = FourWays(
        batch(), (right, way(5.0, padding_scored=True), wrong, way(4.0, mask_given=False, padding_scored=True)), None
    )
    assert [four.difference(each) for each in four.ways] == [0.0, 3.0, 0.75, 2.0]
    alone = Unpadded(1.5, np.array([1.5, NAN]), np.array([2, 0]), False)
    assert (alone.difference(right), alone.difference(wrong)) == (0.5, 1.25)
