"""Models that continue texts, each as the app loads it and as a notebook does; what the end of a download says."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.model import plain
from tests.model.downloading import all_of
from tests.model.plain_generation import PROMPTS, Pair, plainly
from viz.engine.models import load_model
from viz.shipped import MODELS_FOLDER


@pytest.fixture(scope="session")
def headlight() -> Pair:
    return Pair(load_model("headlight-gpt2"), plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True))


@pytest.fixture(scope="session")
def bert() -> plain.Plain:
    return plain.load(MODELS_FOLDER / "headlight-bert", causal=False)


@pytest.fixture(scope="session")
def gpt2() -> plain.Plain:
    return plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)


@pytest.fixture(scope="session")
def tiny_pair(tiny_gpt2, tiny_gpt2_folder) -> Pair:
    return Pair(tiny_gpt2, plain.load(tiny_gpt2_folder, causal=True))


@pytest.fixture(params=["headlight", "tiny_pair"])
def pair(request) -> Pair:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def configured(tiny_gpt2_folder, tmp_path_factory) -> Callable[..., Pair]:
    """Give a function that loads the tiny GPT-2 with a generation_config.json of its own."""

    def load(**generation_config: object) -> Pair:
        folder = Path(shutil.copytree(tiny_gpt2_folder, tmp_path_factory.mktemp("checkpoints") / "tiny-configured"))
        (folder / "generation_config.json").write_text(json.dumps(generation_config))
        return Pair(load_model(str(folder)), plain.load(folder, causal=True))

    return load


@pytest.fixture(scope="session")
def third_word(tiny_pair) -> int:
    """Give the id of the third word that the tiny GPT-2 adds to the second prompt."""
    return plainly(tiny_pair.theirs, PROMPTS, 3).sequences[1, -1].item()


@pytest.fixture(scope="session")
def tiny_that_ends(configured, third_word) -> Pair:
    """Give the tiny GPT-2 with another end token, which it soon adds to the second prompt."""
    return configured(eos_token_id=third_word)


@pytest.fixture
def whole(tiny_bert_folder) -> str:
    """Give what is said at the end of a whole download."""
    return f"done {all_of(tiny_bert_folder)} of {all_of(tiny_bert_folder)}"
