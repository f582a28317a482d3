"""How far heads moved when a token is hidden, against the weights of plain transformers."""

import numpy as np
import torch

from tests.model import plain
from viz.analysis.compare import movement
from viz.analysis.compare.comparison import edited
from viz.analysis.masks.cells import NOTHING, cell_states
from viz.engine.batching import encode
from viz.engine.forward import run

LOWEST = float(np.finfo(np.float32).min)


def test_the_first_token_hidden_its_row_moves_no_head(tiny_gpt2, tiny_gpt2_folder):
    """Its query may look at nothing: a softmax spreads it over all keys, later ones too, and that is no attention."""
    text = ["The turtle moves slow across"]
    second = plain.load(tiny_gpt2_folder, causal=True)
    batch = encode(tiny_gpt2, text)
    told = batch.attention_mask.copy()
    told[0, 0] = False
    before, after = run(tiny_gpt2, batch), run(tiny_gpt2, batch, given_mask=told)
    n = batch.n_tokens
    causal = np.tri(n, dtype=bool)
    theirs = []
    for allowed in (causal, causal & told):
        added = np.where(allowed, 0, LOWEST).astype(np.float32)[None, None]
        inputs = plain.tokenized(second, text) | {"attention_mask": torch.tensor(added)}
        theirs.append(plain.output(second, inputs)[0][0])
    np.testing.assert_allclose(theirs[1][:, :, 0], 1 / n, rtol=0, atol=1e-6)  # what must not count
    change = theirs[1] - theirs[0]
    expected = np.abs(change[:, :, 1:]).sum(axis=-1).mean(axis=-1) / 2
    np.testing.assert_allclose(movement.head_changes(edited(before, after)), expected, rtol=0, atol=1e-6)
    for layer, head in np.ndindex(expected.shape):
        shown = movement.difference(edited(before, after), layer, head)
        assert np.isnan(shown[0]).all()
        seen = causal[1:]
        np.testing.assert_allclose(shown[1:][seen], change[layer, head, 1:][seen], rtol=0, atol=1e-6)
        assert np.isnan(shown[1:][~seen]).all()  # a later key is seen in neither
        assert (cell_states(after, layer)[0, 0] == NOTHING).all()
