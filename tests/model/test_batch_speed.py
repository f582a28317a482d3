"""Speed is measured in turns; its counts are the tokenizer's and its rates follow from its seconds."""

import itertools

import pytest

from tests.model import plain
from viz.engine import batch_speed
from viz.errors import EmptyText

TEXTS = ["The turtle moves slow across the river", "The cat", "She was happy"]


@pytest.fixture(scope="module")
def counts(tiny_gpt2_folder) -> tuple[int, int]:
    """Count real tokens and padding with the tokenizer alone."""
    second = plain.load(tiny_gpt2_folder, causal=True)
    lengths = [len(second.tokenizer(text)["input_ids"]) for text in TEXTS]
    return sum(lengths), 3 * max(lengths) - sum(lengths)


@pytest.mark.parametrize("side", ["left", "right"])
def test_real_tokens_and_padding_are_counted(side, tiny_gpt2, counts):
    speed = batch_speed.measure(tiny_gpt2, TEXTS, padding_side=side, rounds=1)
    assert (speed.n_real, speed.n_padding) == counts
    assert speed.padding_share == counts[1] / sum(counts)
    assert speed.n_rounds == 1


def test_rates_are_real_tokens_over_seconds(tiny_gpt2, counts):
    speed = batch_speed.measure(tiny_gpt2, TEXTS, padding_side="left", rounds=3)
    assert speed.seconds_alone > 0
    assert speed.seconds_batch > 0
    assert speed.tokens_per_second_alone == counts[0] / speed.seconds_alone
    assert speed.tokens_per_second_batch == counts[0] / speed.seconds_batch


def test_the_middle_of_the_rounds_counts_and_the_first_round_does_not(tiny_gpt2, monkeypatch):
    # What each step takes, one by one and as a batch in turns; the first pair is the warm-up.
    steps = [90.0, 80.0, 1.0, 10.0, 7.0, 40.0, 3.0, 20.0]
    clock = itertools.accumulate([0.0, *itertools.chain.from_iterable((step, 1000.0) for step in steps)])
    monkeypatch.setattr(batch_speed.time, "perf_counter", clock.__next__)
    speed = batch_speed.measure(tiny_gpt2, TEXTS, padding_side="left", rounds=3)
    assert (speed.seconds_alone, speed.seconds_batch) == (3.0, 20.0)


def test_progress_rises_in_equal_steps_to_one(tiny_gpt2):
    told = []
    batch_speed.measure(tiny_gpt2, TEXTS, padding_side="left", rounds=4, progress=told.append)
    assert told == [n / 10 for n in range(1, 11)]


def test_one_prompt_has_no_padding(tiny_bert):
    speed = batch_speed.measure(tiny_bert, ["The [MASK] sat."], padding_side="left", rounds=1)
    assert (speed.n_real, speed.n_padding, speed.padding_share) == (6, 0, 0.0)


def test_no_prompts_are_refused(tiny_gpt2):
    with pytest.raises(EmptyText):
        batch_speed.measure(tiny_gpt2, [], padding_side="left")
