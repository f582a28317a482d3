"""The shipped GPT-2 as TransformerLens has it: its own hooks and its own arithmetic, our weights."""

import pytest
import torch
from transformer_lens.model_bridge import TransformerBridge

from viz.engine.models import load_model
from viz.shipped import MODELS_FOLDER


@pytest.fixture(scope="session")
def lens() -> TransformerBridge:
    """Give ``headlight-gpt2`` in TransformerLens: nothing folded, nothing centred."""
    with torch.inference_mode():
        return TransformerBridge.boot_transformers(
            str(MODELS_FOLDER / "headlight-gpt2"), device="cpu", dtype=torch.float32
        )


@pytest.fixture(scope="session")
def headlight():
    """Give ``headlight-gpt2`` as the app loads it."""
    return load_model("headlight-gpt2")
