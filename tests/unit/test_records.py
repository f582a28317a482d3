"""Records refuse writing and refuse arrays that do not fit together."""

import dataclasses

import numpy as np
import pytest

from tests import hand_made
from viz.errors import WrongShape
from viz.records import Prediction

BATCH_ARRAYS = ("input_ids", "attention_mask", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids")
RUN_ARRAYS = ("attentions", "scores", "given_mask", "additive_mask", "readouts", "readout_logits")


def full_run(**fields):
    """Build a run of 2 texts of 3 tokens through 2 layers of 4 heads, with every optional array."""
    values = {
        "scores": np.zeros((2, 2, 4, 3, 3), dtype=np.float32),
        "given_mask": np.ones((2, 3), dtype=bool),
        "additive_mask": np.zeros((2, 1, 3, 3), dtype=np.float32),
        "readouts": np.array([[0, 1]]),
        "readout_logits": np.zeros((1, 2), dtype=np.float32),
    }
    return hand_made.run(
        [[1, 1, 1], [1, 1, 0]],
        model=hand_made.model_info(n_layers=2, n_heads=4, vocabulary=("a", "b")),
        batch_fields={"token_type_ids": np.zeros((2, 3), dtype=np.int64)},
        **(values | fields),
    )


@pytest.mark.parametrize("name", RUN_ARRAYS)
def test_a_runs_arrays_refuse_writing(name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(full_run(), name)[...] = 0


@pytest.mark.parametrize("name", BATCH_ARRAYS)
def test_a_batchs_arrays_refuse_writing(name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(full_run().batch, name)[...] = 0


@pytest.mark.parametrize("record", [full_run(), full_run().batch, full_run().model, Prediction(1, 0, "a", 0.0, 0.5)])
def test_a_records_fields_cannot_be_replaced(record):
    field = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, field, None)


@pytest.mark.parametrize(
    "name, shape",
    [
        ("attentions", (2, 2, 4, 3)),  # no keys
        ("attentions", (2, 4, 2, 3, 3)),  # layers and heads swapped
        ("attentions", (2, 2, 4, 3, 4)),  # a key too many
        ("attentions", (1, 2, 4, 3, 3)),  # a text is missing
        ("scores", (2, 2, 4, 3, 1)),
        ("given_mask", (2,)),
        ("given_mask", (2, 4)),
        ("given_mask", (1, 3)),
        ("given_mask", (2, 3, 4)),
        ("given_mask", (2, 3, 3, 3)),
        ("additive_mask", (2, 1, 1, 3)),
        ("additive_mask", (2, 3, 3, 3)),  # neither one mask nor one a layer
        ("additive_mask", (2, 3)),
        ("readouts", (1, 3)),
        ("readouts", (2,)),
        ("readout_logits", (2, 2)),
        ("readout_logits", (1, 3)),  # three logits for a vocabulary of two
        ("readout_logits", (1, 2, 2)),
    ],
)
def test_a_runs_array_of_another_shape_is_refused_by_name(name, shape):
    with pytest.raises(WrongShape) as caught:
        full_run(**{name: np.ones(shape, dtype=np.int64)})
    assert str(caught.value).startswith(f"{name} has the shape {list(shape)}; it must be ")


def test_a_mask_per_query_and_one_additive_mask_a_layer_are_taken():
    run = full_run(given_mask=np.ones((2, 3, 3), bool), additive_mask=np.zeros((2, 2, 3, 3), np.float32))
    assert run.given_mask.shape == (2, 3, 3)
    assert run.additive_mask.shape == (2, 2, 3, 3)


def test_a_run_without_readouts_needs_no_vocabulary():
    run = full_run(readouts=np.zeros((0, 2), dtype=np.int64), readout_logits=np.zeros((0, 7), dtype=np.float32))
    assert run.readout_logits.shape == (0, 7)


@pytest.mark.parametrize("name", BATCH_ARRAYS)
def test_a_batchs_array_of_another_shape_is_refused_by_name(name):
    with pytest.raises(WrongShape, match=name):
        dataclasses.replace(full_run().batch, **{name: np.zeros((2, 4), dtype=np.int64)})


def test_a_batch_with_a_row_of_tokens_too_short_is_refused():
    with pytest.raises(WrongShape, match="tokens"):
        hand_made.batch([[1, 1], [1, 0]], tokens=(("a", "b"), ("c",)))


def test_a_batch_with_more_texts_than_rows_of_tokens_is_refused():
    with pytest.raises(WrongShape, match="tokens"):
        hand_made.batch([[1, 1], [1, 0]], tokens=(("a", "b"),))


def test_the_number_of_tokens_counts_padding():
    assert hand_made.batch([[1, 1, 0]]).n_tokens == 3


def test_a_runs_memory_is_that_of_its_arrays():
    assert hand_made.run([[1, 1]]).nbytes == 4 * 4  # four float32 attentions
    # two arrays [2, 2, 4, 3, 3], one [2, 1, 3, 3], one [1, 2], all float32
    assert full_run().nbytes == 4 * (144 + 144 + 18 + 2)
