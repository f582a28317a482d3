"""Records refuse writing and refuse arrays that do not fit together."""

import dataclasses

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.batches.generation import Generation, Sampling
from viz.errors import SettingOutOfRange, WrongShape
from viz.records import Prediction

BATCH_ARRAYS = ("input_ids", "attention_mask", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids")
RUN_ARRAYS = ("attentions", "scores", "given_mask", "additive_mask", "allowed", "readouts", "readout_logits")
MAPS_ARRAYS = ("attentions", "scores", "added", "allowed", "query_mask", "key_mask")


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


def test_the_arrays_of_records_refuse_writing():
    run = full_run()
    holders = (
        (run, RUN_ARRAYS),
        (run.batch, BATCH_ARRAYS),
        (run.maps["self"], MAPS_ARRAYS),
        (generation(), GENERATION_ARRAYS),
    )
    for record, names in holders:
        for name in names:
            with pytest.raises(ValueError, match="read-only"):
                getattr(record, name)[...] = 0


def test_a_records_fields_cannot_be_replaced():
    run = full_run()
    for record in (run, run.batch, run.model, run.maps["self"], Prediction(1, 0, "a", 0.0, 0.5)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, dataclasses.fields(record)[0].name, None)


WRONG_SHAPES = [
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
    ("allowed", (2, 3, 3)),
    ("allowed", (2, 3, 3, 3)),
    ("readouts", (1, 3)),
    ("readouts", (2,)),
    ("readout_logits", (2, 2)),
    ("readout_logits", (1, 3)),  # three logits for a vocabulary of two
    ("readout_logits", (1, 2, 2)),
]


def test_a_runs_array_of_another_shape_is_refused_by_name():
    spoken = {"additive_mask": "added"}
    for name, shape in WRONG_SHAPES:
        others = {"scores": None} if name == "attentions" else {}  # scores are checked against the attentions
        with pytest.raises(WrongShape) as caught:
            full_run(**others, **{name: np.ones(shape, dtype=np.int64)})
        assert str(caught.value).startswith(f"{spoken.get(name, name)} has the shape {list(shape)}; it must be ")


def test_scores_of_other_layers_than_the_attentions_are_refused():
    with pytest.raises(WrongShape, match="scores has the shape"):
        full_run(attentions=np.ones((2, 4, 2, 3, 3), dtype=np.float32))


def test_a_mask_per_query_and_one_additive_mask_a_layer_are_taken():
    run = full_run(given_mask=np.ones((2, 3, 3), bool), additive_mask=np.zeros((2, 2, 3, 3), np.float32))
    assert run.given_mask.shape == (2, 3, 3)
    assert run.additive_mask.shape == (2, 2, 3, 3)


def test_a_run_without_readouts_needs_no_vocabulary():
    run = full_run(readouts=np.zeros((0, 2), dtype=np.int64), readout_logits=np.zeros((0, 7), dtype=np.float32))
    assert run.readout_logits.shape == (0, 7)


def test_a_batchs_array_of_another_shape_is_refused_by_name():
    batch = full_run().batch
    for name in BATCH_ARRAYS:
        with pytest.raises(WrongShape, match=name):
            dataclasses.replace(batch, **{name: np.zeros((2, 4), dtype=np.int64)})


def test_a_batch_with_a_row_of_tokens_too_short_is_refused():
    with pytest.raises(WrongShape, match="tokens"):
        hand_made.batch([[1, 1], [1, 0]], tokens=(("a", "b"), ("c",)))


def test_a_batch_with_more_texts_than_rows_of_tokens_is_refused():
    with pytest.raises(WrongShape, match="tokens"):
        hand_made.batch([[1, 1], [1, 0]], tokens=(("a", "b"),))


def test_the_number_of_tokens_counts_padding():
    assert hand_made.batch([[1, 1, 0]]).n_tokens == 3


def test_a_runs_memory_is_that_of_its_arrays():
    assert hand_made.run([[1, 1]]).nbytes == 4 * 4 + 4  # four float32 attentions, and a bool beside each
    # float32 are two arrays [2, 2, 4, 3, 3], one [2, 1, 3, 3], one [1, 2]; bool is one [2, 1, 3, 3]
    assert full_run().nbytes == 4 * (144 + 144 + 18 + 2) + 18


STEP_ARRAYS = {"probability": (2, 2), "probability_after_cut": (2, 2), "rank": (2, 2)}
CANDIDATE_ARRAYS = dict.fromkeys(("candidate_ids", "candidate_probability", "candidate_after_cut"), (2, 2, 4))
GENERATION_ARRAYS = {"n_new": (2,), "finished": (2,)} | STEP_ARRAYS | CANDIDATE_ARRAYS


def generation(**fields):
    """Build a continuation of 2 texts of 1 token by 2 steps, with 4 candidates each."""
    values = {name: np.zeros(shape) for name, shape in GENERATION_ARRAYS.items()}
    values |= {"run": full_run(), "n_prompt": 1, "sampling": Sampling(), "continuations": ("b c", "b")}
    return Generation(**(values | fields))


def test_a_generations_array_of_another_shape_is_refused():
    for name, shape in GENERATION_ARRAYS.items():
        with pytest.raises(WrongShape):
            generation(**{name: np.zeros((*shape[:-1], 3))})


def test_the_steps_of_a_generation_are_the_columns_behind_the_prompt():
    assert generation().n_steps == 2
    with pytest.raises(WrongShape):
        generation(n_prompt=2)


def test_a_generations_memory_is_that_of_its_run_and_its_candidates():
    assert generation().nbytes == full_run().nbytes + 3 * 8 * 16  # three arrays [2, 2, 4] of float64


def test_greedy_is_what_nobody_asked_to_be_random():
    assert Sampling() == Sampling(max_new_tokens=10, temperature=None, top_k=0, top_p=1.0, seed=0)
    assert len({Sampling(), Sampling(seed=0), Sampling(temperature=1.0)}) == 2  # a key for caches


REFUSED = {
    "max_new_tokens": ((0, -1, 101), "1 ≤ max_new_tokens ≤ 100"),
    "temperature": ((0, -1.0, 10.1, 1e-40, float("nan"), float("inf")), "0.001 ≤ temperature ≤ 10"),
    "top_k": ((-1,), "top_k ≥ 0"),
    "top_p": ((0, -0.5, 1.01, float("nan")), "0 < top_p ≤ 1"),
    "seed": ((-1, 2**32), "0 ≤ seed ≤ 4294967295"),
}


def test_a_choice_that_cannot_be_drawn_from_is_refused_with_the_value_seen():
    for name, (values, allowed) in REFUSED.items():
        for value in values:
            with pytest.raises(SettingOutOfRange) as caught:
                Sampling(**{name: value})
            assert str(caught.value) == f"{name} is {value}. Give a number with {allowed}."


def test_the_ends_of_what_is_allowed_are_allowed():
    ends = {"max_new_tokens": (1, 100), "temperature": (0.001, 10), "top_p": (1e-9,), "seed": (2**32 - 1,)}
    for name, values in ends.items():
        for value in values:
            assert getattr(Sampling(**{name: value}), name) == value
