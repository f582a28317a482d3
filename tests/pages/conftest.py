"""Both shipped models as plain transformers loads them: the second road to the numbers that pages show."""

import pytest
import torch

from tests.model import plain
from viz.shipped import MODELS_FOLDER


@pytest.fixture(scope="module")
def bert() -> plain.Plain:
    """Give the shipped BERT as plain transformers loads it."""
    torch.set_num_threads(1)
    return plain.load(MODELS_FOLDER / "headlight-bert", causal=False)


@pytest.fixture(scope="module")
def gpt2() -> plain.Plain:
    """Give the shipped GPT-2 as plain transformers loads it."""
    torch.set_num_threads(1)
    return plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)
