"""A download is watched, stopped and gone on with; it ends by itself, and says why; no byte comes twice.

The Hub is a server on loopback; the program under test has a process and an empty cache of its own.
"""

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.model.small_hub import COMMIT, LOAD, Hub, Manners, answer_of, serving, silent_server
from viz.engine import hub
from viz.listing import DownloadState

# Download as the page does: begin, look again and again; what is printed last is the end and its seconds.
GET = """
import sys, time
from viz.engine import hub, hub_client
from viz.errors import VizError
{limits}
started, at_once = time.monotonic(), 0.0
try:
    state = hub.begin(sys.argv[1])
    at_once = time.monotonic() - started
    while state.status == "running":
        time.sleep(0.05)
        state = hub.watch(sys.argv[1])
    said = f"{{state.status}} {{state.n_done}} of {{state.n_bytes}}"
except VizError as error:
    said = f"{{type(error).__name__}} {{error}}"
print(f"{{at_once:.3f}}|{{time.monotonic() - started:.3f}}|{{said}}")
"""
GET_WITH = {
    "ours": GET.format(limits=""),
    "soon": GET.format(limits="hub_client.CONNECT_SECONDS, hub_client.READ_SECONDS = 0.5, 1.0"),
}

# Stop a download in its middle, and look at once, and after a while, at what it has done meanwhile.
STOP = """
import sys, time
from viz.engine import hub
hub.begin(sys.argv[1])
while (state := hub.watch(sys.argv[1])).n_done < 20_000:
    time.sleep(0.02)
rate, left = state.bytes_per_second, state.seconds_left
started = time.monotonic()
stopped = hub.stop(sys.argv[1])
seconds = time.monotonic() - started
time.sleep(1)
print(stopped.status, seconds, stopped.n_done, hub.watch(sys.argv[1]).n_done, rate, left)
"""

# Stop a download that another page waits for.
STOP_FOR_ALL = """
import sys, threading, time
from viz.engine import hub
from viz.errors import DownloadStopped
said = []
def wait():
    try:
        hub.find(sys.argv[1])
    except DownloadStopped as error:
        said.append(str(error))
thread = threading.Thread(target=wait)
thread.start()
while hub.watch(sys.argv[1]).n_done < 10_000:
    time.sleep(0.02)
hub.stop(sys.argv[1])
thread.join(timeout=1)
print(*said)
"""

# Stop a download and begin it anew in the same moment, while the server still sends.
STOP_AND_GO = """
import sys, time
from viz.engine import hub
hub.begin(sys.argv[1])
while hub.watch(sys.argv[1]).n_done < 10_000:
    time.sleep(0.02)
hub.stop(sys.argv[1])
hub.begin(sys.argv[1])
print("found", hub.revision(hub.find(sys.argv[1])))
"""

WEIGH = """
import sys
from viz.engine import hub
from viz.errors import VizError
try:
    weight = hub.weigh(sys.argv[1])
    print(weight.n_bytes, weight.n_here, weight.model_bytes, weight.endpoint)
except VizError as error:
    print(type(error).__name__, error)
"""


def weights_of(folder: Path) -> int:
    return (folder / "model.safetensors").stat().st_size


def all_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def download(hub: Hub, home: Path, *, limits: str = "ours", **environment: str) -> tuple[str, float]:
    """Give what a download ends with and its seconds; its beginning is answered at once."""
    answer, _ = answer_of(GET_WITH[limits], "some/tiny", home, HF_ENDPOINT=hub.endpoint, **environment)
    at_once, seconds, said = answer.split("|")
    assert float(at_once) < 2
    return said, float(seconds)


def half_files(home: Path) -> list[Path]:
    return list(home.rglob("*.incomplete"))


@pytest.fixture
def whole(tiny_bert_folder) -> str:
    """Give what is said at the end of a whole download."""
    return f"done {all_of(tiny_bert_folder)} of {all_of(tiny_bert_folder)}"


def test_what_was_downloaded_opens_without_a_network(tiny_bert_folder, tmp_path, whole):
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        assert download(served, tmp_path)[0] == whole
        assert len(served.seen) == 1 + len(list(tiny_bert_folder.iterdir()))
    assert answer_of(LOAD, "some/tiny", tmp_path, HF_HUB_OFFLINE="1")[0] == f"loaded pretrained 2 3 {COMMIT}"


def test_other_programs_find_what_was_downloaded(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        download(served, tmp_path)
    program = """
import sys
from huggingface_hub import scan_cache_dir, snapshot_download
from transformers import AutoModelForMaskedLM, AutoTokenizer
AutoTokenizer.from_pretrained(sys.argv[1])
AutoModelForMaskedLM.from_pretrained(sys.argv[1])
(repository,) = scan_cache_dir().repos
print(repository.repo_id, repository.nb_files, *repository.refs, not scan_cache_dir().warnings)
"""
    answer, _ = answer_of(program, "some/tiny", tmp_path, HF_HUB_OFFLINE="1")
    assert answer == f"some/tiny {len(list(tiny_bert_folder.iterdir()))} main True"


def test_a_model_is_weighed_before_anything_is_fetched(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        answer, _ = answer_of(WEIGH, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
        assert not [line for line in served.seen if "/resolve/" in line]
    assert answer == f"{all_of(tiny_bert_folder)} 0 0 {served.endpoint}"


def test_a_model_that_is_here_is_weighed_without_a_request(tiny_bert_folder, tmp_path):
    n_bytes, n_numbers = all_of(tiny_bert_folder), numbers_in(tiny_bert_folder)
    answer, _ = answer_of(WEIGH, str(tiny_bert_folder), tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert answer.split() == [str(n_bytes), str(n_bytes), str(4 * n_numbers)]


def numbers_in(folder: Path) -> int:
    from safetensors.torch import load_file

    return sum(tensor.numel() for tensor in load_file(folder / "model.safetensors").values())


def test_a_slow_download_is_watched_and_a_stop_stops_it_within_a_second(tiny_bert_folder, tmp_path):
    manners = Manners(per_second=50_000)
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=manners)) as served:
        answer, _ = answer_of(STOP, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
    status, seconds, n_done, n_later, rate, left = answer.split()
    assert status == "stopped"
    assert float(seconds) < 0.5
    assert n_done == n_later  # nothing more was written
    assert 10_000 < float(rate) < 200_000
    assert 0 < float(left) < 60
    small = all_of(tiny_bert_folder) - weights_of(tiny_bert_folder)
    (half,) = half_files(tmp_path)
    assert half.stat().st_size == int(n_done) - small > 0


def test_a_stopped_download_goes_on_from_there_and_no_byte_comes_twice(tiny_bert_folder, tmp_path, whole):
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(per_second=50_000))) as served:
        answer_of(STOP, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
    begun = half_files(tmp_path)[0].stat().st_size
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        weight, _ = answer_of(WEIGH, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
        assert weight.split()[1] == str(all_of(tiny_bert_folder) - weights_of(tiny_bert_folder) + begun)
        assert download(served, tmp_path)[0] == whole
        assert served.ranges == [f"bytes={begun}-"]
        assert served.n_sent["model.safetensors"] == weights_of(tiny_bert_folder) - begun
        assert [line for line in served.seen if "config.json" in line] == []
    assert half_files(tmp_path) == []


def test_a_connection_that_is_cut_is_made_anew_where_it_was_cut(tiny_bert_folder, tmp_path, whole):
    size = weights_of(tiny_bert_folder)
    assert size > 50_000
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(cut_after=40_000, n_cuts=1))) as served:
        assert download(served, tmp_path)[0] == whole
        assert served.ranges == ["", "bytes=40000-"]
        assert served.n_sent["model.safetensors"] == size


def test_a_connection_that_is_cut_again_and_again_ends_it_and_the_next_download_goes_on(
    tiny_bert_folder, tmp_path, whole
):
    n_small = all_of(tiny_bert_folder) - weights_of(tiny_bert_folder)
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(cut_after=1_000))) as served:
        said, seconds = download(served, tmp_path)
        assert served.ranges == ["", "bytes=1000-", "bytes=2000-"]
    assert said == (
        f"DownloadBroken The download of 'some/tiny' broke off at {(n_small + 3000) / 1e6:,.1f} of "
        f"{all_of(tiny_bert_folder) / 1e6:,.1f} MB: the connection was cut. What has come is kept. Begin it again, and "
        "it goes on from there."
    )
    assert seconds < 5
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        assert download(served, tmp_path)[0] == whole
        assert served.ranges == ["bytes=3000-"]


def test_a_server_that_knows_no_ranges_sends_all_of_it_anew(tiny_bert_folder, tmp_path, whole):
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(cut_after=40_000, n_cuts=1, whole=True))) as hub:
        assert download(hub, tmp_path)[0] == whole
        assert hub.ranges == ["", "bytes=40000-"]


def test_a_stop_and_a_new_beginning_do_not_write_over_each_other(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(per_second=100_000))) as served:
        answer, _ = answer_of(STOP_AND_GO, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
    assert answer == f"found {COMMIT}"
    assert answer_of(LOAD, "some/tiny", tmp_path, HF_HUB_OFFLINE="1")[0].startswith("loaded pretrained")


def test_whoever_waits_for_a_download_that_is_stopped_is_told(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(per_second=30_000))) as served:
        answer, _ = answer_of(STOP_FOR_ALL, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
    assert answer.startswith("The download of 'some/tiny' was stopped.")


def test_two_processes_fetch_a_file_one_after_the_other(tiny_bert_folder, tmp_path):
    program = """
import subprocess, sys
children = [subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True) for _ in "ab"]
print(*(child.communicate()[0].strip() for child in children))
"""
    child = "from viz.engine import hub\nprint(hub.revision(hub.find('some/tiny')))"
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(per_second=200_000))) as served:
        answer, _ = answer_of(program, child, tmp_path, HF_ENDPOINT=served.endpoint)
        assert served.n_sent["model.safetensors"] == weights_of(tiny_bert_folder)
    assert answer == f"{COMMIT} {COMMIT}"


def test_wrong_bytes_are_refused_and_deleted(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(wrong=True))) as served:
        said, seconds = download(served, tmp_path)
    assert said == (
        "DownloadDamaged 'model.safetensors' of 'some/tiny' came with other bytes than the Hub announces, so it was "
        "deleted. Begin the download again; if that does not help, fetch it from another address."
    )
    assert seconds < 5
    assert half_files(tmp_path) == []
    assert not list(tmp_path.rglob("model.safetensors"))


def test_a_half_file_of_other_bytes_is_refused_and_the_next_download_is_whole(tiny_bert_folder, tmp_path, whole):
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(cut_after=1_000))) as served:
        download(served, tmp_path)
    (half,) = half_files(tmp_path)
    half.write_bytes(bytes(3000))
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        assert download(served, tmp_path)[0].startswith("DownloadDamaged 'model.safetensors'")
        assert download(served, tmp_path)[0] == whole


def test_a_mirror_that_names_no_checksums_is_asked_for_each_file(tiny_bert_folder, tmp_path, whole):
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(bare=True))) as served:
        assert download(served, tmp_path)[0] == whole
        assert len([line for line in served.seen if line.startswith("HEAD")]) == len(list(tiny_bert_folder.iterdir()))


@pytest.mark.parametrize("bare", [False, True])
def test_weights_that_lie_elsewhere_are_fetched_there_and_the_token_stays_here(bare, tiny_bert_folder, tmp_path, whole):
    with serving(Hub({"some/tiny": tiny_bert_folder})) as elsewhere:
        manners = Manners(elsewhere=elsewhere, bare=bare)
        with serving(Hub({"some/tiny": tiny_bert_folder}, manners=manners)) as served:
            assert download(served, tmp_path, HF_TOKEN="hf_secret")[0] == whole
    assert elsewhere.seen == ["GET /elsewhere/some/tiny/model.safetensors"]
    assert elsewhere.tokens == [None]
    assert set(served.tokens) == {"Bearer hf_secret"}


def test_files_that_lie_where_nobody_can_be_reached_name_that_host(tiny_bert_folder, tmp_path):
    with serving(Hub({})) as gone:
        manners = Manners(elsewhere=gone)
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=manners)) as served:
        said, seconds = download(served, tmp_path)
    assert said.startswith("DownloadBroken The download of 'some/tiny' broke off at ")
    assert "127.0.0.1, where its files lie, cannot be reached. What has come is kept." in said
    assert seconds < 5


def test_a_server_that_sends_more_than_it_announced_is_refused(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder}, manners=Manners(too_much=True))) as served:
        said, _ = download(served, tmp_path)
    assert said.startswith("DownloadDamaged 'model.safetensors' of 'some/tiny' came with other bytes")
    assert half_files(tmp_path) == []


def test_a_mirror_that_a_person_names_gets_no_token_of_the_server(tiny_bert_folder, tmp_path):
    program = "import sys\nfrom viz.engine import hub\nprint(hub.weigh('some/tiny', sys.argv[1]).endpoint)\n"
    program += "hub.begin('some/tiny', sys.argv[1])\nprint(hub.revision(hub.find('some/tiny')))"
    with serving(Hub({"some/tiny": tiny_bert_folder})) as mirror, serving(Hub({})) as ours:
        settings = {"HF_ENDPOINT": ours.endpoint, "HF_TOKEN": "hf_secret"}
        answer, _ = answer_of(program, mirror.endpoint + "/", tmp_path, **settings)
        assert answer.split() == [mirror.endpoint, COMMIT]
        assert set(mirror.tokens) == {None}
        assert ours.seen == []


# What the other side may do


@pytest.mark.parametrize("status", [401, 404])
def test_a_model_the_hub_does_not_have_is_not_found(status, tmp_path):
    with serving(Hub({}, status)) as served:
        said, seconds = download(served, tmp_path)
    assert said.startswith("ModelNotFound There is no model 'some/tiny'.")
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


@pytest.mark.parametrize("status", [403, 500, 503])
def test_a_hub_in_trouble_counts_as_out_of_reach(status, tmp_path):
    with serving(Hub({}, status)) as served:
        said, seconds = download(served, tmp_path)
    assert said.startswith("HubUnreachable")
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


# What is asked about downloads that are not


def test_a_download_that_was_never_begun_is_stopped_and_counts_what_is_here(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert hub.watch("some/tiny") == DownloadState("some/tiny", 0, 0, status="stopped")
    assert hub.stop("some/tiny") == DownloadState("some/tiny", 0, 0, status="stopped")
    blobs = tmp_path / "models--some--tiny" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "abc.incomplete").write_bytes(b"half")
    assert hub.watch("some/tiny") == DownloadState("some/tiny", 0, 4, status="stopped")


@pytest.mark.parametrize("ask", [hub.begin, hub.watch, hub.stop])
def test_a_model_that_is_here_is_done(ask, tiny_bert_folder):
    n_bytes = all_of(tiny_bert_folder)
    assert ask(str(tiny_bert_folder)) == DownloadState(str(tiny_bert_folder), n_bytes, n_bytes, status="done")


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
