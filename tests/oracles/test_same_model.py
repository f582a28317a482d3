"""TransformerLens reads the model that Headlight reads."""

import numpy as np
import torch

from viz.engine import batching, forward

TEXT = "The old man walked slowly along the river, because the"


def test_logits_and_attention_are_those_of_transformer_lens(lens, headlight):
    run = forward.run(headlight, batching.encode(headlight, [TEXT]))
    with torch.inference_mode():
        logits, cache = lens.run_with_cache(torch.tensor(run.batch.input_ids))
    np.testing.assert_allclose(run.readout_logits[0], logits[0, -1].numpy(), atol=1e-4)
    patterns = np.stack([cache["pattern", layer][0].numpy() for layer in range(headlight.info.n_layers)])
    np.testing.assert_allclose(run.attentions[0], patterns, atol=1e-5)
