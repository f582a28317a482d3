"""Where strangers visit, no folder is opened but those whose models are listed, and no mirror is asked."""

from pathlib import Path

import pytest

from viz import settings
from viz.engine import hub, hub_cache, inventory
from viz.engine.allow_list import is_allowed
from viz.errors import FolderNotListed, HubOffline, ModelNotFound, WrongMirror
from viz.shipped import ALL_SHIPPED, MODELS_FOLDER, shipped_names


@pytest.fixture
def server(tmp_path, monkeypatch) -> Path:
    """Give a folder with ``models/`` that is listed, ``secret/`` that is not, and a link from the one to the other."""
    for folder in ("models/bert", "models/deep/er", "secret/model", "home/model"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config.json").write_text("{}")
    (tmp_path / "models" / "link").symlink_to(tmp_path / "secret" / "model")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HEADLIGHT_VISITORS", "strangers")
    monkeypatch.setenv("HEADLIGHT_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HEADLIGHT_ALLOW", "")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(hub_cache.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


OUTSIDE = ["{server}/secret/model", "{server}/secret", "{server}", "/etc", "/", "~", "~/model", "~root", "."]
OUTSIDE += ["..", "./secret/model", "../{server}/secret/model", "{server}/models/../secret/model", "//etc", "/etc\0"]
OUTSIDE += ["{server}/models/deep/er", "/proc/self/root/{server}/secret/model", "/nothing", "./nothing"]
NO_NAMES = ["models/bert/x", "secret/../secret/model", "hf.co/a/b", "https://evil.example/a", "http://127.0.0.1:1/a"]
NO_NAMES += [
    "file:///etc/passwd",
    "evil.example:80/a",
    "a@b/c",
    "a?b",
    "a#b",
    "a\\b",
    "C:\\x",
    "a/b/../c",
    "a//b",
    "a%2fb",
]
NO_NAMES += ["", " ", "a\0", "a b", "x" * 500]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("ask", [hub.find, hub.weigh, hub.begin, hub.watch, hub.stop])
def test_a_folder_outside_is_answered_the_same_whether_it_is_there_or_not(ask, name, server):
    name = name.format(server=server)
    with pytest.raises(FolderNotListed) as refused:
        ask(name)
    assert str(refused.value) == str(FolderNotListed(checkpoint=name, shipped=shipped_names()))
    with pytest.raises(FolderNotListed) as of_nothing:
        ask(f"{server}/secret/nothing")
    assert refused.value.template == of_nothing.value.template


def test_the_disk_is_not_asked_about_a_folder_outside(server, monkeypatch):
    def asked(*_given):
        raise AssertionError("the disk was asked")

    for module, question in ((hub.Path, "is_file"), (hub.Path, "is_dir"), (hub.os, "scandir"), (hub.os, "stat")):
        monkeypatch.setattr(module, question, asked)
    with pytest.raises(FolderNotListed):
        hub.find(f"{server}/secret/model")
    with pytest.raises(ModelNotFound):
        hub.find("secret/model/x")  # no name of the Hub's, and not looked for from where the server was started


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_on_the_hub_reaches_nobody(name, server):
    """Were the Hub asked, the answer would be that this server is offline."""
    with pytest.raises(ModelNotFound):
        hub.find(name)


def test_a_name_is_the_hubs_though_a_folder_is_called_so_where_the_server_was_started(server):
    assert (server / "secret" / "model" / "config.json").is_file()
    with pytest.raises(HubOffline):
        hub.find("secret/model")


def test_a_listed_folder_is_opened_and_a_link_that_leads_out_of_it_does_not_exist(server):
    assert is_allowed(f"{server}/models/bert") and is_allowed(f"{server}/models/bert/")
    with pytest.raises(ModelNotFound) as of_link:
        hub.find(f"{server}/models/link")
    with pytest.raises(ModelNotFound) as of_nothing:
        hub.find(f"{server}/models/nothing")
    assert of_link.value.template == of_nothing.value.template == ModelNotFound.template


def test_shipped_and_listed_models_stay_on_the_list_of_what_is_here(server):
    names = [model.checkpoint for model in inventory.models()]
    assert names == [*ALL_SHIPPED, f"{server}/models/bert"]
    assert hub.find("headlight-bert") == MODELS_FOLDER / "headlight-bert"


def test_what_lies_in_the_hubs_cache_is_opened(server):
    folder = server / "cache" / "models--some--tiny"
    commit = "a" * 40
    (folder / "snapshots" / commit).mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(commit)
    for file in ("config.json", "model.safetensors"):
        (folder / "snapshots" / commit / file).write_text("{}")
    assert hub.find("some/tiny") == folder / "snapshots" / commit


def test_no_mirror_is_asked_but_the_one_that_is_set(server, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    for mirror in ("http://127.0.0.1:9", "http://169.254.169.254", "https://elsewhere.example"):
        with pytest.raises(WrongMirror, match="This server fetches models from https://huggingface.co only"):
            hub.weigh("some/other", mirror)


@pytest.mark.parametrize(
    "address, visitors",
    [
        ("127.0.0.1", "trusted"),
        ("127.1.2.3", "trusted"),
        ("localhost", "trusted"),
        ("::1", "trusted"),
        (None, "strangers"),
        ("", "strangers"),
        ("0.0.0.0", "strangers"),
        ("::", "strangers"),
        ("192.168.1.7", "strangers"),
        ("my-laptop", "strangers"),
        ("unix:///run/headlight.sock", "strangers"),
    ],
)
def test_a_server_trusts_its_visitors_where_only_this_computer_reaches_it(address, visitors, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_VISITORS", "")
    settings.settle_visitors(address)
    assert settings.current().visitors == visitors
    settings.settle_visitors("127.0.0.1" if visitors == "strangers" else None)
    assert settings.current().visitors == visitors  # what was set stays


def test_without_a_server_everything_is_opened(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADLIGHT_VISITORS", "")
    assert is_allowed(str(tmp_path)) and is_allowed("/etc")
