"""Share the tiny checkpoints between tests; torch is imported only when one of them is asked for."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may ask the network; those about the Hub start a process of their own
os.environ["TOKENIZERS_PARALLELISM"] = "false"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the cluster: Ray does not start in a process in which Playwright has its event loop running."""
    items.sort(key=lambda item: REPOSITORY / "tests" / "cluster" not in item.path.parents)


@pytest.fixture(scope="session")
def tiny_bert_folder(tmp_path_factory) -> Path:
    """Give the folder of a tiny BERT: 2 layers of 3 heads, 32 positions."""
    from tests.tiny import tiny_bert

    return tiny_bert(tmp_path_factory.mktemp("checkpoints") / "tiny-bert")


@pytest.fixture(scope="session")
def tiny_gpt2_folder(tmp_path_factory) -> Path:
    """Give the folder of a tiny GPT-2: 3 layers of 2 heads, 32 positions."""
    from tests.tiny import tiny_gpt2

    return tiny_gpt2(tmp_path_factory.mktemp("checkpoints") / "tiny-gpt2")


@pytest.fixture(scope="session")
def tiny_translator_folder(tmp_path_factory) -> Path:
    """Give the folder of a tiny Marian: an encoder of 2 layers of 3 heads, a decoder of 3 layers of 4, 64 positions."""
    from tests.translator import tiny_translator

    return tiny_translator(tmp_path_factory.mktemp("checkpoints") / "tiny-translator")


@pytest.fixture(scope="session")
def untrained_bert_folder(tmp_path_factory) -> Path:
    """Give the folder of a tiny BERT whose layer norms are as they are born."""
    from tests.tiny import tiny_bert

    return tiny_bert(tmp_path_factory.mktemp("checkpoints") / "untrained-bert", untrained=True)


@pytest.fixture(scope="session")
def tiny_bert(tiny_bert_folder):
    """Give the tiny BERT as the app loads it."""
    from viz.engine.models import load_model

    return load_model(str(tiny_bert_folder))


@pytest.fixture(scope="session")
def tiny_gpt2(tiny_gpt2_folder):
    """Give the tiny GPT-2 as the app loads it."""
    from viz.engine.models import load_model

    return load_model(str(tiny_gpt2_folder))


@pytest.fixture
def speak(tmp_path, monkeypatch):
    """Give a function that sets the reader's language; catalogues are read from ``tmp_path``."""
    from viz import text

    def speak(language: str) -> None:
        text.catalogue.cache_clear()
        text.read_language_from(lambda: language)

    monkeypatch.setattr(text, "LOCALE_FOLDER", tmp_path)
    speak("en")  # a test before may have opened the app's own catalogues
    yield speak
    speak("en")
