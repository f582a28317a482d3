"""An address that is asked for models is one of the web, written out."""

import pytest

from viz.engine import hub, hub_client
from viz.errors import WrongMirror


@pytest.fixture(autouse=True)
def online(monkeypatch):
    """Let addresses be judged as on a computer that may ask; none of these tests does."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    monkeypatch.delenv("HEADLIGHT_ALLOW", raising=False)


@pytest.mark.parametrize(
    "named, asked",
    [
        ("", "https://huggingface.co"),
        ("  ", "https://huggingface.co"),
        ("https://hf-mirror.com/", "https://hf-mirror.com"),
        (" http://127.0.0.1:8080/hub ", "http://127.0.0.1:8080/hub"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_of_the_web_is_asked(named, asked):
    assert hub_client.may_ask("gpt2", named) == asked


@pytest.mark.parametrize(
    "named",
    [
        "hf-mirror.com",
        "ftp://hf-mirror.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///models",
        "https://user:password@hf-mirror.com",
        "https://hf-mirror.com?x=1",
        "https://hf-mirror.com#x",
        "https://hf mirror.com",
        "https://hf-mirror.com:port",
        "https://hf-mirror.com:99999",
        "https://[::1",
        "https://镜像.com",
        "https://hf-mirror.com\\@evil.example",
        "https://hf-mirror.com/\n",
        "https://hf-mirror.com/\nx",
        "https://hf-mirror.com/" + "x" * 10_000,
        "<script>alert(1)</script>",
        "\0",
    ],
)
def test_anything_else_is_refused_in_a_sentence(named):
    if named == "https://hf-mirror.com/\n":  # what is copied often has a line's end
        assert hub_client.may_ask("gpt2", named) == "https://hf-mirror.com"
        return
    with pytest.raises(WrongMirror) as raised:
        hub_client.may_ask("gpt2", named)
    assert len(str(raised.value)) < 500
    assert str(raised.value).endswith("such as https://hf-mirror.com, without a password or a question mark.")


def test_a_mirror_that_is_set_and_is_no_address_is_named(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "hf-mirror.com")
    with pytest.raises(WrongMirror, match="Models cannot be fetched from 'hf-mirror.com'"):
        hub.weigh("nobody/has-this")


@pytest.mark.parametrize("ask", [hub.weigh, hub.begin])
def test_a_model_that_is_here_needs_no_mirror(ask):
    assert ask("headlight-bert", "no address").checkpoint == "headlight-bert"
