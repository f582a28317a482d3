"""What notebooks import stays where it is, whatever room the work itself is in."""

import numpy as np

from viz import masks, saved
from viz.batching import encode
from viz.forward import run
from viz.masks import additive_mask, softmax
from viz.models import load_model


def test_three_calls_lead_from_text_to_a_run_that_is_saved_and_opened(tmp_path):
    model = load_model("headlight-bert")
    record = run(model, encode(model, ["The turtle moves slow across the [MASK]."]))
    assert record.attentions.shape == (1, 6, 12, 10, 10)
    saved.write(record, tmp_path / "turtle.npz")
    np.testing.assert_array_equal(saved.read(tmp_path / "turtle.npz").attentions, record.attentions)


def test_masks_are_plain_numpy():
    added = additive_mask(np.array([[1, 1, 0]]))
    assert added.shape == (1, 1, 3, 3)
    np.testing.assert_allclose(softmax(np.zeros((1, 1, 3, 3)), added)[0, 0], [[0.5, 0.5, 0]] * 3)
    assert masks.additive_mask(np.ones((1, 2)), causal=True, fill=-1e4)[0, 0].tolist() == [[0, -1e4], [0, 0]]
