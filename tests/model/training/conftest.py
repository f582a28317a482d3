"""Share the models of both families, tiny and shipped, between the tests of training."""

import pytest

from tests.model.training.script import MODELS, opened


@pytest.fixture(scope="module", params=MODELS)
def family(request, tiny_bert_folder, tiny_gpt2_folder):
    """Give a model of either family, tiny and shipped, our way and plainly."""
    return opened(request.param, tiny_bert_folder, tiny_gpt2_folder)


@pytest.fixture(scope="module", params=["tiny-bert", "headlight-bert"])
def bert(request, tiny_bert_folder, tiny_gpt2_folder):
    return opened(request.param, tiny_bert_folder, tiny_gpt2_folder)


@pytest.fixture(scope="module", params=["tiny-gpt2", "headlight-gpt2"])
def gpt2(request, tiny_bert_folder, tiny_gpt2_folder):
    return opened(request.param, tiny_bert_folder, tiny_gpt2_folder)
