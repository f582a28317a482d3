"""A download ends by itself and says why: the Hub does not answer, the disk is full, the repository has no weights."""

import json
import shutil

import pytest

from tests.model.downloading import GET_WITH, WEIGH, all_of, download, half_files, weights_of
from tests.model.small_hub import LOAD, Hub, Manners, answer_of, serving, silent_server

# What the other side may do


NOT_THERE, OUT_OF_REACH = "ModelNotFound There is no model 'some/tiny'.", "HubUnreachable"


@pytest.mark.parametrize(
    "status, beginning",
    [(401, NOT_THERE), (404, NOT_THERE), (403, OUT_OF_REACH), (500, OUT_OF_REACH), (503, OUT_OF_REACH)],
)
def test_a_model_the_hub_does_not_have_is_not_found_and_a_hub_in_trouble_is_out_of_reach(status, beginning, tmp_path):
    with serving(Hub({}, status)) as served:
        said, seconds = download(served, tmp_path)
    assert said.startswith(beginning)
    assert seconds < 5


def test_a_model_with_a_gate_says_so_when_its_first_file_is_asked_for(tiny_bert_folder, tmp_path):
    gate = {"X-Error-Code": "GatedRepo"}
    with serving(Hub({"some/tiny": tiny_bert_folder}, headers=gate, manners=Manners(refused=403))) as served:
        said, seconds = download(served, tmp_path)
    assert said == (
        "ModelRefused Cannot use 'some/tiny': its owner asks for permission on the Hub first. Ask there, and start "
        "Headlight with a token of yours in HF_TOKEN."
    )
    assert seconds < 5


def test_a_hub_in_trouble_with_its_files_is_given_up_at_once(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(refused=500))) as served:
        said, seconds = download(served, tmp_path)
        assert len(served.seen) == 2
    assert said.startswith("HubUnreachable")
    assert seconds < 5


def test_without_a_network_a_download_ends_within_five_seconds(tmp_path):
    answer, _ = answer_of(GET_WITH["ours"], "some/tiny", tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    _, seconds, said = answer.split("|")
    assert said.startswith("HubUnreachable")
    assert float(seconds) < 5


def test_a_hub_that_never_answers_is_given_up_within_five_seconds(tmp_path):
    with silent_server() as endpoint:
        answer, _ = answer_of(GET_WITH["ours"], "some/tiny", tmp_path, HF_ENDPOINT=endpoint)
    _, seconds, said = answer.split("|")
    assert said.startswith("HubUnreachable")
    assert float(seconds) < 5


def test_a_hub_that_falls_silent_in_a_download_is_given_up_within_twenty_seconds(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder}, silent_at="/resolve/")) as served:
        said, seconds = download(served, tmp_path)
    assert said == (
        f"DownloadBroken The download of 'some/tiny' broke off at 0.0 of {all_of(tiny_bert_folder) / 1e6:,.1f} MB: the "
        "Hub sent nothing for 15 seconds. What has come is kept. Begin it again, and it goes on from there."
    )
    assert 14 < seconds < 20


@pytest.mark.parametrize("trickle_at, error", [("/api/", "HubUnreachable"), ("/resolve/", "DownloadBroken")])
def test_a_hub_that_answers_byte_by_byte_does_not_hold_for_ever(trickle_at, error, tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder}, trickle_at=trickle_at)) as served:
        said, seconds = download(served, tmp_path, limits="soon")
    assert said.startswith(error)
    assert seconds < 5


def test_a_hub_that_sends_next_to_nothing_is_given_up(tiny_bert_folder, tmp_path):
    program = "from viz.engine import download\ndownload.PACE_SECONDS = 2.0\n" + GET_WITH["ours"]
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(per_second=500))) as served:
        answer, _ = answer_of(program, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
    _, seconds, said = answer.split("|")
    assert said.startswith("DownloadBroken") and "the Hub sends too slowly" in said
    assert float(seconds) < 6


def test_offline_nobody_is_asked_and_it_is_said(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        said, seconds = download(served, tmp_path, HF_HUB_OFFLINE="1")
        assert served.seen == []
    assert said.startswith("HubOffline Cannot load 'some/tiny': HF_HUB_OFFLINE is set")
    assert seconds < 2


# What this computer may do


def test_a_disk_that_becomes_full_is_said_and_the_half_file_is_kept(tiny_bert_folder, tmp_path, whole):
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))\n"
    assert all(file.stat().st_size < 40_000 for file in tiny_bert_folder.iterdir() if file.suffix == ".json")
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        answer, _ = answer_of(limit + GET_WITH["ours"], "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
        _, seconds, said = answer.split("|")
        assert said == (
            "ModelRefused Cannot use 'some/tiny': it was found on the Hub and cannot be written to the disk of this "
            "computer. Make room for it, or give a folder with the weights."
        )
        assert float(seconds) < 5
        assert half_files(tmp_path)[0].stat().st_size == 40_000
        assert download(served, tmp_path)[0] == whole
        assert served.ranges == ["", "bytes=40000-"]


def test_a_model_larger_than_the_disk_is_refused_before_it_is_fetched(tiny_bert_folder, tmp_path):
    program = "import shutil\nfrom collections import namedtuple\n"
    program += "shutil.disk_usage = lambda _: namedtuple('Usage', 'free')(10_000)\n" + GET_WITH["ours"]
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        answer, _ = answer_of(program, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
        assert not [line for line in served.seen if "/resolve/" in line]
    assert "are to be fetched, and the disk of this computer has 0 MB left" in answer


def test_a_model_above_the_limit_is_refused_before_it_is_fetched(tiny_bert_folder, tmp_path):
    size = weights_of(tiny_bert_folder)
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        said, _ = download(served, tmp_path, HEADLIGHT_MAX_MODEL_GB=str((size - 1) / 1e9))
        assert not [line for line in served.seen if "/resolve/" in line]
        assert said.startswith(
            "ModelTooLarge The weights of 'some/tiny' take 0.0 GB in single precision; at most 0.0 GB"
        )
        assert download(served, tmp_path, HEADLIGHT_MAX_MODEL_GB=str(size / 1e9))[0].startswith("done")


# Which files


def test_weights_in_pieces_are_fetched_with_their_index(tiny_bert_folder, tmp_path):
    from transformers import AutoModelForMaskedLM

    source = shutil.copytree(tiny_bert_folder, tmp_path / "source")
    (source / "model.safetensors").unlink()
    AutoModelForMaskedLM.from_pretrained(tiny_bert_folder).save_pretrained(source, max_shard_size="20KB")
    pieces = sorted(file.name for file in source.glob("model-*-of-*.safetensors"))
    assert len(pieces) > 1
    with serving(Hub({"some/tiny": source})) as served:
        assert download(served, tmp_path / "home")[0].startswith("done")
        assert set(served.n_sent) == set(pieces)
    assert answer_of(LOAD, "some/tiny", tmp_path / "home", HF_HUB_OFFLINE="1")[0].startswith("loaded pretrained 2 3")
    # Without one of them it is not whole, and is fetched again.
    (next((tmp_path / "home").rglob(pieces[0]))).unlink()
    assert "HubOffline" in answer_of(WEIGH, "some/tiny", tmp_path / "home", HF_HUB_OFFLINE="1")[0]


def test_where_the_weights_lie_whole_and_in_pieces_the_pieces_are_left(tiny_bert_folder, tmp_path):
    source = shutil.copytree(tiny_bert_folder, tmp_path / "source")
    (source / "model-00001-of-00001.safetensors").write_bytes(b"not wanted")
    (source / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {}}))
    with serving(Hub({"some/tiny": source})) as served:
        assert download(served, tmp_path / "home")[0].startswith("done")
        assert set(served.n_sent) == {"model.safetensors"}


@pytest.mark.parametrize(
    "files, reason",
    [
        (["config.json", "pytorch_model.bin"], "its weights are not in safetensors, the only format that is loaded."),
        (["config.json", "adapter_model.safetensors"], "it is an adapter, which changes another model"),
        (["config.json", "README.md"], "it has no weights in model.safetensors"),
        (["model.safetensors", "pytorch_model.bin"], "it has no config.json"),
        ([], "it has no weights in model.safetensors"),
    ],
)
def test_a_repository_without_weights_that_are_loaded_is_refused_before_it_is_fetched(files, reason, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in files:
        (source / name).write_bytes(b"{}")
    with serving(Hub({"some/tiny": source})) as served:
        answer, _ = answer_of(WEIGH, "some/tiny", tmp_path / "home", HF_ENDPOINT=served.endpoint)
        said, _ = download(served, tmp_path / "home")
        assert not [line for line in served.seen if "/resolve/" in line]
    assert answer.startswith(f"ModelRefused Cannot use 'some/tiny': {reason}")
    assert said == answer
