"""The Hub is asked within seconds, whatever it answers; each test has a process and an empty cache of its own."""

import ast
import shutil

import pytest

from tests.conftest import REPOSITORY
from tests.model.small_hub import (
    ASK,
    COMMIT,
    FIND,
    FIND_WITHOUT_NAMES,
    LOAD,
    Hub,
    answer_of,
    serving,
    silent_server,
)
from viz.shipped import shipped_names

LIMIT_SECONDS = 10  # the start of a process on a busy machine among it


def test_an_unknown_name_without_a_network_is_answered_at_once(tmp_path):
    answer, seconds = answer_of(FIND, "nobody/nothing", tmp_path, HF_HUB_OFFLINE="1")
    assert answer == (
        "HubOffline Cannot load 'nobody/nothing': HF_HUB_OFFLINE is set, so the Hub is not asked, and no copy is on "
        f"this computer. Choose {shipped_names()}, give a folder with the weights, or start Headlight without "
        "HF_HUB_OFFLINE."
    )
    assert seconds < LIMIT_SECONDS


def test_an_offline_session_sends_no_request(tmp_path):
    with serving(Hub({})) as served:
        answer, _ = answer_of(FIND, "nobody/nothing", tmp_path, HF_HUB_OFFLINE="1", HF_ENDPOINT=served.endpoint)
        assert served.seen == []
    assert answer.startswith("HubOffline")


def test_a_name_server_that_never_answers_is_given_up_within_seconds(tmp_path):
    seconds, _ = answer_of(FIND_WITHOUT_NAMES, "nobody/nothing", tmp_path, HF_ENDPOINT="http://hub.invalid")
    assert float(seconds) < 5


def test_a_hub_that_cannot_be_connected_is_given_up_within_seconds(tmp_path):
    answer, seconds = answer_of(FIND, "nobody/nothing", tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert answer.startswith("HubUnreachable")
    assert seconds < LIMIT_SECONDS


def test_a_hub_that_never_answers_is_given_up_within_seconds(tmp_path):
    with silent_server() as endpoint:
        answer, seconds = answer_of(FIND, "nobody/nothing", tmp_path, HF_ENDPOINT=endpoint)
    assert answer.startswith("HubUnreachable")
    assert seconds < LIMIT_SECONDS


@pytest.mark.parametrize("asked, waited", [("None", 0.8), ("60", 0.8), ("0.4", 0.4)])
def test_no_request_waits_longer_than_our_limit_whatever_the_library_asks_for(asked, waited, tmp_path):
    with silent_server() as endpoint:
        answer, _ = answer_of(ASK, asked, tmp_path, HF_ENDPOINT=endpoint)
    kind, seconds = answer.split()
    assert kind == "ReadTimeout"
    assert waited <= float(seconds) < 5


@pytest.mark.parametrize("status", [401, 404])
def test_a_model_the_hub_does_not_have_is_not_found(status, tmp_path):
    with serving(Hub({}, status)) as served:
        answer, _ = answer_of(FIND, "nobody/nothing", tmp_path, HF_ENDPOINT=served.endpoint)
    assert answer.startswith("ModelNotFound There is no model 'nobody/nothing'.")


def test_a_model_the_hub_calls_unknown_is_not_found(tmp_path):
    with serving(Hub({}, 404, {"X-Error-Code": "RepoNotFound"})) as served:
        answer, _ = answer_of(FIND, "nobody/nothing", tmp_path, HF_ENDPOINT=served.endpoint)
    assert answer.startswith("ModelNotFound")


def test_a_model_whose_owner_asks_for_permission_is_refused_with_that_reason(tmp_path):
    with serving(Hub({}, 403, {"X-Error-Code": "GatedRepo"})) as served:
        answer, _ = answer_of(FIND, "some/gated", tmp_path, HF_ENDPOINT=served.endpoint)
    assert answer == (
        "ModelRefused Cannot use 'some/gated': its owner asks for permission on the Hub first. Ask there, and start "
        "Headlight with a token of yours in HF_TOKEN."
    )


def test_a_hub_in_trouble_counts_as_out_of_reach(tmp_path):
    with serving(Hub({}, 500)) as served:
        answer, seconds = answer_of(FIND, "some/model", tmp_path, HF_ENDPOINT=served.endpoint)
    assert answer.startswith("HubUnreachable")
    assert seconds < LIMIT_SECONDS


@pytest.mark.parametrize("content", [b"<html>Log in to the hotel's network</html>", b"{}", b"[]"])
def test_a_server_that_is_no_hub_counts_as_out_of_reach(content, tmp_path):
    with serving(Hub({}, 200, content=content)) as served:
        answer, _ = answer_of(FIND, "some/model", tmp_path, HF_ENDPOINT=served.endpoint)
    assert answer.startswith("HubUnreachable")


def test_the_hub_is_followed_to_where_it_moved(tmp_path):
    with serving(Hub({}, 404)) as moved_to:
        moved = {"Location": f"{moved_to.endpoint}/api/models/some/model"}
        with serving(Hub({}, 307, moved)) as served:
            answer, _ = answer_of(FIND, "some/model", tmp_path, HF_ENDPOINT=served.endpoint)
        assert moved_to.seen == ["GET /api/models/some/model"]
    assert answer.startswith("ModelNotFound")


def test_a_disk_that_takes_no_files_is_not_called_a_hub_out_of_reach(tiny_bert_folder, tmp_path):
    (tmp_path / "hub").write_text("a file where the cache's folder should be")
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        answer, _ = answer_of(FIND, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
    assert answer.startswith("ModelRefused Cannot use 'some/tiny': it was found on the Hub and cannot be written")


def test_only_public_names_of_the_hubs_client_are_used():
    modules = []
    for name in ("hub", "hub_cache", "hub_client", "transfer", "download", "inventory"):
        tree = ast.parse((REPOSITORY / "viz" / "engine" / f"{name}.py").read_text())
        modules += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert len(modules) > 30
    assert [module for module in modules if any(part.startswith("_") for part in module.split("."))] == []


def test_a_model_is_downloaded_once_and_then_opened_without_a_network(tiny_bert_folder, tmp_path):
    source = shutil.copytree(tiny_bert_folder, tmp_path / "source")
    (source / "pytorch_model.bin").write_bytes(b"not wanted")
    with serving(Hub({"some/tiny": source})) as served:
        answer, _ = answer_of(FIND, "some/tiny", tmp_path / "home", HF_ENDPOINT=served.endpoint)
        fetched = {line.rsplit("/", 1)[1] for line in served.seen if line.startswith("GET /some/tiny/resolve/")}
    assert answer == f"found {COMMIT}"
    assert fetched == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    loaded, _ = answer_of(LOAD, "some/tiny", tmp_path / "home", HF_HUB_OFFLINE="1")
    assert loaded == f"loaded pretrained 2 3 {COMMIT}"


def test_a_model_with_weights_in_another_format_is_refused_before_anything_is_fetched(tiny_bert_folder, tmp_path):
    source = shutil.copytree(tiny_bert_folder, tmp_path / "source")
    (source / "model.safetensors").rename(source / "pytorch_model.bin")
    with serving(Hub({"some/old": source})) as served:
        answer, _ = answer_of(FIND, "some/old", tmp_path / "home", HF_ENDPOINT=served.endpoint)
        assert not [line for line in served.seen if "/resolve/" in line]
    assert answer.startswith("ModelRefused Cannot use 'some/old': its weights are not in safetensors")


def test_a_download_that_was_broken_off_is_taken_up_again(tiny_bert_folder, tmp_path):
    home = tmp_path / "home"
    half = home / "hub" / "models--some--tiny"
    shutil.copytree(tiny_bert_folder, half / "snapshots" / COMMIT)
    (half / "snapshots" / COMMIT / "model.safetensors").unlink()
    (half / "refs").mkdir()
    (half / "refs" / "main").write_text(COMMIT)
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        answer, _ = answer_of(FIND, "some/tiny", home, HF_ENDPOINT=served.endpoint)
    assert answer == f"found {COMMIT}"
    assert (half / "snapshots" / COMMIT / "model.safetensors").exists()
