"""Patches are those of TransformerLens' own patching: it puts a cache (of B) into a pass (of A)."""

import numpy as np
import pytest
import torch
from transformer_lens import patching as theirs

from viz.engine import batching, forward
from viz.engine.reasons.patching import patch

FIRST, SECOND = "The boys near the house", "The boy near the house"


@pytest.fixture(scope="module")
def before(headlight):
    return forward.run(headlight, batching.encode(headlight, [FIRST]))


@pytest.fixture(scope="module")
def shift(lens, headlight, before):
    """Give a function that runs one of their patchers over both sentences: logit differences of are and is."""
    ids = [headlight.info.vocabulary.index(word) for word in ("␣are", "␣is")]
    tokens, others = (
        torch.tensor(batching.encode(headlight, [text]).input_ids, dtype=torch.long) for text in (FIRST, SECOND)
    )

    def run(patcher) -> np.ndarray:
        with torch.inference_mode():
            _logits, cache = lens.run_with_cache(others)
            return patcher(lens, tokens, cache, lambda logits: logits[0, -1, ids[0]] - logits[0, -1, ids[1]]).numpy()

    return run


def test_every_head_at_all_tokens_is_patched_as_there(headlight, before, shift):
    ours = patch(headlight, before, SECOND, 0)
    np.testing.assert_allclose(
        ours.differences[:, :-1], shift(theirs.get_act_patch_attn_head_out_all_pos), rtol=0, atol=1e-4
    )


def test_every_head_at_every_token_is_patched_as_there(headlight, before, shift):
    expected = shift(theirs.get_act_patch_attn_head_out_by_pos)  # [L, T, H]
    for position in range(expected.shape[1]):
        ours = patch(headlight, before, SECOND, 0, position=position)
        np.testing.assert_allclose(ours.differences[:, :-1], expected[:, position], rtol=0, atol=1e-4)


def test_every_state_is_patched_as_there(headlight, before, shift):
    ours = patch(headlight, before, SECOND, 0, what="states")
    np.testing.assert_allclose(ours.differences[:, :-1], shift(theirs.get_act_patch_resid_pre), rtol=0, atol=1e-4)
    assert np.abs(ours.shifts[:, :-1]).max() > 1
