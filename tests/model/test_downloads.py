"""A download is watched, stopped and gone on with; no byte comes twice, and what is wrong is refused.

The Hub is a server on loopback; the program under test has a process and an empty cache of its own.
"""

from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.model.downloading import WEIGH, all_of, download, half_files, weights_of
from tests.model.small_hub import COMMIT, LOAD, Hub, Manners, answer_of, serving
from viz.engine import hub
from viz.listing import DownloadState

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
