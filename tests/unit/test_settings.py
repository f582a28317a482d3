"""What an administrator sets is read when it is needed, and what cannot be read falls back to the default."""

import pytest

from viz import settings


@pytest.mark.parametrize(
    "named, endpoint",
    [
        ("", "https://huggingface.co"),
        ("https://hf-mirror.com/", "https://hf-mirror.com"),
        (" http://127.0.0.1:8000 ", "http://127.0.0.1:8000"),
    ],
)
def test_a_mirror_takes_the_hubs_place(named, endpoint, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", named)
    assert settings.hub_endpoint() == endpoint


@pytest.mark.parametrize(
    "name, value, offline",
    [
        ("HF_HUB_OFFLINE", "1", True),
        ("HF_HUB_OFFLINE", "yes", True),
        ("TRANSFORMERS_OFFLINE", "true", True),
        ("HF_HUB_OFFLINE", "0", False),
        ("HF_HUB_OFFLINE", "", False),
    ],
)
def test_the_hubs_own_word_for_offline_counts(name, value, offline, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv(name, value)
    assert settings.is_offline() is offline
