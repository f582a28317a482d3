"""Set how many examples a property is tried on: 200, always the same ones; ``make fuzz`` takes 100,000 new ones."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy computer is slow, not wrong: no example has a time by which it must be done.
_ALWAYS = {"deadline": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("test", max_examples=200, derandomize=True, database=None, **_ALWAYS)
settings.register_profile("fuzz", max_examples=100_000, **_ALWAYS)
settings.load_profile("test")  # pytest's --hypothesis-profile comes after this


@pytest.fixture(scope="session")
def models(tiny_bert_folder, tiny_gpt2_folder, tiny_translator_folder) -> dict[str, str]:
    """Give the folders of a tiny BERT, GPT-2 and Marian by family."""
    folders: dict[str, Path] = {
        "bert": tiny_bert_folder,
        "gpt2": tiny_gpt2_folder,
        "marian": tiny_translator_folder,
    }
    return {family: str(folder) for family, folder in folders.items()}
