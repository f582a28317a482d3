"""The map of value zeroing: shares of rows, and what lies out of sight as in the map of a head."""

import numpy as np

from tests import hand_made
from viz.analysis.reasons.value_zeroing import ValueZeroing
from viz.drawing.zeroing_map import zeroing_map


def test_cells_are_shares_and_later_keys_are_left_empty():
    run = hand_made.run([[1, 1]], model=hand_made.model_info(1, 1, causal=True))
    distances = np.array([[[0.1, 0.0], [0.1, 0.3]]], dtype=np.float32)
    figure = zeroing_map(run, 0, ValueZeroing(run.model, run.batch.tokens[0], np.array([True, True]), distances), 0)
    np.testing.assert_allclose(figure.data[-1].z, [[1.0, np.nan], [0.25, 0.75]], atol=1e-4)
    assert figure.data[-1].colorbar.title.text == "share of the row"
    assert figure.layout.title.text == "Layer1, value zeroing" and figure.data[-1].zmax == 1.0
