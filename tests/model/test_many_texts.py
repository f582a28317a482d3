"""Many texts run in padded batches of about equal length; each gets what it gets alone, few runs are alive."""

import weakref

import numpy as np
import pytest

from tests.model import plain
from viz.analysis.heads import boards
from viz.engine import many_texts
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.errors import BatchTooLarge, EmptyText, TextTooLong
from viz.shipped import MODELS_FOLDER

TEXTS = ["the cat sat", "the old dog ran", "a cat", "the dog and the cat ran on the mat", "the dog sat", "a dog"]


def test_batches_hold_neighbours_in_length_longest_first(tiny_bert):
    lengths = [3, 9, 4, 9, 20, 3]
    assert many_texts.groups(tiny_bert, lengths) == [[4, 1, 3, 2, 0, 5]]
    assert [len(group) for group in many_texts.groups(tiny_bert, [5] * 40)] == [16, 16, 8]


def test_a_batch_keeps_to_its_bytes_but_a_text_alone_always_runs(tiny_bert, monkeypatch):
    a_text = 4 * 2 * 3 * 10**2  # float32 maps of 2 layers of 3 heads over 10 tokens
    monkeypatch.setattr(many_texts, "BYTES_AT_ONCE", 3 * a_text)
    assert [len(group) for group in many_texts.groups(tiny_bert, [10] * 7)] == [3, 3, 1]
    monkeypatch.setattr(many_texts, "BYTES_AT_ONCE", a_text - 1)
    assert [len(group) for group in many_texts.groups(tiny_bert, [10] * 3)] == [1, 1, 1]


@pytest.mark.parametrize("which", ["tiny_bert", "tiny_gpt2"])
def test_a_board_over_many_texts_is_the_mean_of_each_text_alone(which, request, monkeypatch):
    loaded = request.getfixturevalue(which)
    monkeypatch.setattr(many_texts, "ROWS_AT_ONCE", 4)
    board = boards.measure(many_texts.runs(loaded, TEXTS))
    alone = [boards.measure([run(loaded, encode(loaded, [text]))]) for text in TEXTS]
    assert board.n_texts == len(TEXTS)
    for name in ("previous", "self", "first", "entropy", "distance", "padding"):
        values = np.array([of.counted[name].mean for of in alone])
        np.testing.assert_allclose(board.counted[name].mean, values.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(board.counted[name].spread, values.std(axis=0), atol=1e-5)
    assert board.counted["padding"].mean.max() == 0


def test_the_numbers_are_those_of_plain_transformers():
    """Previous token, written out in numpy over the maps that transformers gives each text alone."""
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    texts = [
        "The turtle moves slow across the road.",
        "She is reading a book.",
        "The dog barked at the cat in the garden.",
    ]
    expected = []
    for text in texts:
        maps = plain.output(model, plain.tokenized(model, [text]))[0][0]  # [L, H, Q, K]
        n = maps.shape[-1]
        expected.append(np.mean([maps[:, :, q, q - 1] for q in range(1, n)], axis=0))
    board = boards.measure(many_texts.runs(load_model("headlight-bert"), texts))
    np.testing.assert_allclose(board.counted["previous"].mean, np.mean(expected, axis=0), atol=1e-5)


def test_progress_goes_to_one(tiny_bert, monkeypatch):
    monkeypatch.setattr(many_texts, "ROWS_AT_ONCE", 4)
    heard = []
    list(many_texts.runs(tiny_bert, TEXTS, heard.append))
    assert heard == [4 / 6, 1.0]


def test_only_one_run_is_alive_at_a_time(tiny_bert, monkeypatch):
    monkeypatch.setattr(many_texts, "ROWS_AT_ONCE", 1)
    alive = []

    def watched():
        for of in many_texts.runs(tiny_bert, TEXTS):
            alive.append(weakref.ref(of))
            assert sum(ref() is not None for ref in alive) == 1
            yield of
            del of

    boards.measure(watched())
    assert len(alive) == len(TEXTS)


def test_a_text_that_cannot_run_is_named_by_its_place(tiny_bert):
    with pytest.raises(TextTooLong, match="Text 3 has"):
        next(many_texts.runs(tiny_bert, ["the cat", "a dog", "cat " * 60]))
    with pytest.raises(EmptyText):
        next(many_texts.runs(tiny_bert, []))


def test_sentences_whose_maps_do_not_fit_together_are_refused(tiny_bert, monkeypatch):

    many_texts.require_room(tiny_bert, TEXTS)
    monkeypatch.setattr("viz.settings.Settings.max_pass_bytes", 1_000)
    with pytest.raises(BatchTooLarge, match="A batch of 6 x"):
        many_texts.require_room(tiny_bert, TEXTS)
