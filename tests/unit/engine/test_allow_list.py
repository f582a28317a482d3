"""On a server that others can reach only what is listed is opened, and the rest is answered as what does not exist."""

import os
from pathlib import Path

import pytest

from viz.engine import hub
from viz.engine.allow_list import is_allowed
from viz.errors import ModelNotFound, WrongMirror
from viz.shipped import SHIPPED, shipped_names


@pytest.fixture
def server(tmp_path, monkeypatch) -> Path:
    """Give a folder with ``models/`` that is listed, ``secret/`` that is not, and links from the one to the other."""
    for folder in ("models/bert", "models/deep/er", "secret/model", "home/mine", "single"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config.json").write_text("{}")
    (tmp_path / "models" / "link").symlink_to(tmp_path / "secret" / "model")
    (tmp_path / "models" / "inside").symlink_to(tmp_path / "models" / "bert")
    (tmp_path / "linked").symlink_to(tmp_path / "models")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    listed = [tmp_path / "models" / "*", tmp_path / "single", "~/mine", "gpt2", "google-bert/*"]
    monkeypatch.setenv("HEADLIGHT_ALLOW", ", ".join(map(str, listed)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


ALLOWED = [
    *SHIPPED,
    "gpt2",
    "google-bert/bert-base-uncased",
    "{server}/models/bert",
    "{server}/models/bert/",
    "{server}/models/inside",
    "{server}/models/not-there",
    "{server}/single",
    "~/mine",
    "{server}/home/mine",
]
NOT_ALLOWED = [
    "",
    " ",
    "gpt2 ",
    "GPT2",
    "gpt2/",
    "./gpt2",
    "gpt2\0",
    "openai/gpt2",
    "google-bert",
    "google-bert/",
    "google-bert/..",
    "google-bert/../secret/model",
    "google-bert/bert/more",
    "{server}/secret/model",
    "{server}/secret",
    "{server}/models",
    "{server}/models/",
    "{server}/models/*",
    "{server}/models/.",
    "{server}/models/..",
    "{server}/models/../secret/model",
    "{server}/models/bert/../../secret/model",
    "{server}/models//bert",
    "{server}/models/deep/er",
    "{server}/models/link",
    "{server}/models/bert\0",
    "{server}/MODELS/bert",
    "{server}/linked/bert",
    "/{server}/models/bert",
    "models/bert",
    "./models/bert",
    "../" + "x",
    "secret/model",
    "~",
    "~/",
    "~/../secret/model",
    "~root",
    "~root/models",
    "/",
    "//",
    ".",
    "..",
    "/etc",
    "headlight-bert/",
    "HEADLIGHT-BERT",
    "x" * 5000,
    "/" + "x" * 5000,
]


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_listed_may_be_opened(name, server):
    assert is_allowed(name.format(server=server))


@pytest.mark.parametrize("name", NOT_ALLOWED)
def test_what_is_not_listed_may_not_however_it_is_written(name, server):
    assert not is_allowed(name.format(server=server))


@pytest.mark.parametrize("ask", [hub.find, hub.weigh, hub.begin, hub.watch, hub.stop])
def test_what_may_not_be_opened_is_answered_as_what_does_not_exist(ask, server):
    """No network is asked either: the tests may not ask one, which would be said in another sentence."""
    for name in [name.format(server=server) for name in NOT_ALLOWED] + [f"{server}/secret/not-there", "nobody/nothing"]:
        with pytest.raises(ModelNotFound) as raised:
            ask(name)
        assert str(raised.value) == str(ModelNotFound(checkpoint=name, shipped=shipped_names()))
    with pytest.raises(ModelNotFound) as raised:  # listed, and not there
        hub.find(f"{server}/models/not-there")
    assert raised.value.template == ModelNotFound.template


def test_a_folder_that_cannot_even_be_looked_into_is_answered_the_same(server):
    """A look at it would take as long as the disk takes: an entry of /proc that hangs is not at hand, a loop is."""
    (server / "loop").symlink_to(server / "loop")
    for name in (f"{server}/loop", f"{server}/loop/model", f"{server}/models/../loop"):
        with pytest.raises(ModelNotFound):
            hub.find(name)


def test_a_link_whose_target_is_listed_too_may_be_opened(server, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_ALLOW", f"{os.environ['HEADLIGHT_ALLOW']}, {server}/secret/model")
    assert is_allowed(f"{server}/models/link")


def test_a_listed_folder_that_is_a_link_is_the_folder_it_leads_to(server, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_ALLOW", f"{server}/linked/*")
    assert is_allowed(f"{server}/linked/bert")
    assert not is_allowed(f"{server}/models/bert")  # not as it is written in the list
    assert not is_allowed(f"{server}/linked/link")


@pytest.mark.parametrize("entry", ["./models/*", "./models/bert"])
def test_a_listed_folder_may_be_relative_and_is_asked_for_by_its_whole_path(entry, server, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_ALLOW", entry)
    assert is_allowed(f"{server}/models/bert")
    assert not is_allowed(f"{server}/secret/model")


@pytest.mark.parametrize("name", ["*", "/*", "*/*"])
def test_a_star_that_stands_alone_opens_no_folder_below(name, server, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_ALLOW", name)
    assert not is_allowed(f"{server}/secret/model")
    assert not is_allowed("gpt2")


def test_without_a_list_everything_may_be_opened(monkeypatch):
    monkeypatch.setenv("HEADLIGHT_ALLOW", " , ")
    assert all(is_allowed(name) for name in (*ALLOWED, *NOT_ALLOWED))


def test_where_models_are_listed_no_other_mirror_is_asked(server):
    with pytest.raises(WrongMirror, match="This server fetches models from https://huggingface.co only"):
        hub.weigh("gpt2", "https://elsewhere.example")
