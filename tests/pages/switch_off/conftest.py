"""What the tests of Switch heads off read: both shipped models as plain transformers loads them, and the open page."""

import pytest
import torch

from tests.model import plain
from tests.pages.driver import open_app
from tests.pages.switch_off.steps import PAGE
from viz.shipped import MODELS_FOLDER


@pytest.fixture(scope="module")
def bert():
    """Give the shipped BERT as plain transformers loads it."""
    torch.set_num_threads(1)
    return plain.load(MODELS_FOLDER / "headlight-bert", causal=False)


@pytest.fixture(scope="module")
def gpt2():
    """Give the shipped GPT-2 as plain transformers loads it."""
    torch.set_num_threads(1)
    return plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)


@pytest.fixture(scope="module")
def opened():
    """Give the page as it opens, for tests that only read it."""
    return open_app(PAGE)
