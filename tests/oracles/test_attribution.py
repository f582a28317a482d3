"""Every part of a logit is what TransformerLens' own attribution says, and so is the lens."""

import numpy as np
import torch

from tests.oracles.test_same_model import TEXT
from viz.engine import batching, forward
from viz.engine.reasons.attribution import attribute

ANSWER, RIVAL = 300, 7


def test_heads_mlps_and_embeddings_are_those_of_transformer_lens(lens, headlight):
    run = forward.run(headlight, batching.encode(headlight, [TEXT]))
    of = attribute(headlight, run, 0, ANSWER, RIVAL)
    n_layers, n_heads = of.heads.shape
    with torch.inference_mode():
        _logits, cache = lens.run_with_cache(torch.tensor(run.batch.input_ids))
        heads = cache.stack_head_results(layer=-1, pos_slice=-1)
        others, labels = cache.decompose_resid(layer=-1, mode="mlp", pos_slice=-1, return_labels=True)
        stacked = cache.apply_ln_to_stack(torch.cat([heads, others]), layer=-1, pos_slice=-1)
        along = lens.W_U[:, ANSWER] - lens.W_U[:, RIVAL]
        # TransformerLens divides by the frozen scale and centres, the norm's weight is multiplied here: none is folded.
        values = ((stacked * lens.ln_final.w) @ along)[:, 0].numpy()
    np.testing.assert_allclose(of.heads, values[: n_layers * n_heads].reshape(n_layers, n_heads), atol=1e-4)
    named = dict(zip(labels, values[n_layers * n_heads :]))
    np.testing.assert_allclose(of.mlps, [named[f"{layer}_mlp_out"] for layer in range(n_layers)], atol=1e-4)
    np.testing.assert_allclose((of.token, of.position), (named["embed"], named["pos_embed"]), atol=1e-4)


def test_the_lens_is_that_of_transformer_lens(lens, headlight):
    run = forward.run(headlight, batching.encode(headlight, [TEXT]))
    of = attribute(headlight, run, 0, ANSWER, RIVAL)
    with torch.inference_mode():
        _logits, cache = lens.run_with_cache(torch.tensor(run.batch.input_ids))
        states = cache.accumulated_resid(layer=-1, pos_slice=-1)
        logits = torch.stack([lens.unembed(lens.ln_final(state[:, None]))[0, 0] for state in states]).numpy()
    np.testing.assert_allclose(of.lens.logits, logits[:, [ANSWER, RIVAL]], atol=1e-4)
    np.testing.assert_allclose(of.lens.top_logits[:, 0], logits.max(axis=1), atol=1e-4)
