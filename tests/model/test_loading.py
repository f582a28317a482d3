"""Loading keeps nobody else waiting, and gives the weights that are there now or those an answer was made with."""

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.model.small_hub import COMMIT, Hub, answer_of, serving
from viz.engine import hub, models, service, weights
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.loaded import BESIDE, LoadedModels
from viz.engine.models import current_revision, load_model
from viz.engine.requests import Ask
from viz.engine.single_flight import SingleFlight
from viz.errors import ModelNotFound, ModelRefused, WeightsChanged
from viz.shipped import SHIPPED

INCOMPLETE = "its files changed or vanished while they were read. Load it again when all of them are there."

# While a download hangs: the seconds a loaded model needs for an answer, and those another one needs to be loaded.
BESIDE_A_DOWNLOAD = """
import os, sys, threading, time
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model
load_model("headlight-gpt2")
download = threading.Thread(target=load_model, args=[sys.argv[1]], daemon=True)
download.start()
time.sleep(1.5)
started = time.monotonic()
loaded = load_model("headlight-gpt2")
run(loaded, encode(loaded, ["The turtle moves slow across the"]))
warm = time.monotonic() - started
load_model("headlight-bert")
print(download.is_alive(), warm, time.monotonic() - started - warm, flush=True)
os._exit(0)
"""

FOUR_ASK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from viz.engine import hub_client
from viz.engine.models import load_model
from viz.errors import HubUnreachable
hub_client.CONNECT_SECONDS = hub_client.READ_SECONDS = 1.5
def ask(_):
    try:
        load_model(sys.argv[1])
    except HubUnreachable as error:
        return id(error)
with ThreadPoolExecutor(4) as pool:
    print(len(set(pool.map(ask, range(4)))))
"""

# A model's weights before and after somebody writes the file they came from anew, and shorter.
REWRITE = """
import sys
from pathlib import Path
import torch
from viz.engine.models import load_model
weights = list(load_model(sys.argv[1]).model.parameters())
before = [parameter.clone() for parameter in weights]
file = Path(sys.argv[1]) / "model.safetensors"
with file.open("r+b") as opened:
    opened.seek(file.stat().st_size // 2)
    opened.write(bytes(file.stat().st_size // 4))
print(all(map(torch.equal, before, weights)), flush=True)
file.write_bytes(b"")
print(all(map(torch.equal, before, weights)))
"""

# Somebody cuts a file in half once it is open: what is read through a window on it would end the process.
CUT = """
import os, sys
from pathlib import Path
from transformers import modeling_utils
from viz.engine.models import load_model
from viz.errors import ModelRefused
file = Path(sys.argv[1]) / "model.safetensors"
convert = modeling_utils.convert_and_load_state_dict_in_model
def cut_and_convert(*args, **kwargs):
    os.truncate(file, file.stat().st_size // 2)
    return convert(*args, **kwargs)
modeling_utils.convert_and_load_state_dict_in_model = cut_and_convert
try:
    load_model(sys.argv[1])
except ModelRefused as error:
    print(error)
"""

REVISION = """
import sys, time
from viz.engine.models import current_revision
current_revision(sys.argv[1])
started = time.monotonic()
revision = current_revision(sys.argv[1])
print(revision, time.monotonic() - started)
"""


@pytest.fixture
def folder(tiny_bert_folder, tmp_path) -> Path:
    """Give a copy of the tiny BERT's folder that a test may change."""
    return shutil.copytree(tiny_bert_folder, tmp_path / "copy")


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(models, "_loaded", LoadedModels(1_600_000_000))


def train(folder: Path) -> None:
    """Write other weights of the same size into the folder, as a script that trains on does."""
    file = folder / "model.safetensors"
    later = file.stat().st_mtime_ns + 1_000_000
    save_file({name: 2 * tensor for name, tensor in load_file(file).items()}, file, metadata={"format": "pt"})
    os.utime(file, ns=(later, later))


def logits(loaded) -> torch.Tensor:
    return torch.tensor(run(loaded, encode(loaded, ["the turtle moves [MASK]"])).readout_logits)


def test_other_models_answer_and_load_while_a_download_hangs(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder}, silent_at="/resolve/")) as served:
        answer, _ = answer_of(BESIDE_A_DOWNLOAD, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
        assert any("/resolve/" in line for line in served.seen)
    hangs, warm, cold = answer.split()
    assert hangs == "True"
    assert float(warm) < 1
    assert float(cold) < 6


def test_four_who_ask_for_one_name_share_one_question_and_its_error(tmp_path):
    with serving(Hub({}, silent_at="/api/")) as served:
        answer, _ = answer_of(FOUR_ASK, "some/model", tmp_path, HF_ENDPOINT=served.endpoint)
        assert served.seen == ["GET /api/models/some/model"]
    assert answer == "1"


def test_what_is_under_way_is_shared_by_key_and_nothing_is_kept():
    flights, made, go = SingleFlight(), [], threading.Event()

    def make() -> object:
        made.append(1)
        go.wait(10)
        return object()

    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(flights.share, "a", make) for _ in range(2)]
        while not made:
            time.sleep(0.001)
        time.sleep(0.3)  # for the second to come and wait
        assert flights.share("b", lambda: "at once") == "at once"
        go.set()
        assert waiting[0].result() is waiting[1].result()
    assert len(made) == 1
    flights.share("a", make)
    assert len(made) == 2


def test_an_error_ends_a_flight_and_the_next_one_begins_anew():
    flights = SingleFlight()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            flights.share("a", lambda: 1 // 0)
    assert flights.share("a", lambda: 1) == 1


def test_new_weights_are_loaded_and_the_old_ones_given_by_their_revision(folder):
    old = load_model(str(folder))
    before = logits(old)
    train(folder)
    new = load_model(str(folder))
    assert new.info.revision != old.info.revision
    assert not torch.allclose(logits(new), before)
    assert load_model(str(folder)) is new
    assert load_model(str(folder), revision=old.info.revision) is old
    assert load_model(str(folder), revision=new.info.revision) is new
    assert torch.equal(logits(old), before)


def test_a_revision_that_is_neither_there_nor_remembered_is_an_error(folder, monkeypatch):
    old = load_model(str(folder)).info.revision
    train(folder)
    monkeypatch.setattr(models, "_loaded", LoadedModels(1_600_000_000))
    with pytest.raises(WeightsChanged) as caught:
        load_model(str(folder), revision=old)
    assert str(caught.value) == f"The weights of '{folder}' changed since this answer was made. Run it again."


def test_a_revision_that_is_there_is_loaded(folder):
    assert load_model(str(folder), revision=current_revision(str(folder))).info.weights == "pretrained"


def test_old_revisions_count_among_the_models_that_are_kept(folder, monkeypatch):
    size = load_model(str(folder)).n_bytes + BESIDE
    monkeypatch.setattr(models, "_loaded", LoadedModels(3 * size))
    for _ in range(5):
        load_model(str(folder))
        train(folder)
    assert len(models._loaded.names) == 3


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"])
def test_every_file_that_is_read_makes_the_revision(name, folder):
    before = current_revision(str(folder))
    os.utime(folder / name, ns=(1, 1))
    assert current_revision(str(folder)) != before


def test_a_file_that_is_not_read_does_not_make_the_revision(folder):
    before = current_revision(str(folder))
    (folder / "optimizer.pt").write_bytes(b"a trainer's")
    assert current_revision(str(folder)) == before == load_model(str(folder)).info.revision


def test_the_revision_of_a_folder_is_told_in_less_than_a_millisecond(folder):
    for checkpoint in (*SHIPPED, str(folder)):
        times = []
        for _ in range(20):
            started = time.perf_counter()
            current_revision(checkpoint)
            times.append(time.perf_counter() - started)
        assert min(times) < 0.001


def test_the_revision_of_a_downloaded_model_is_its_commit_told_in_milliseconds(tiny_bert_folder, tmp_path):
    with serving(Hub({"some/tiny": tiny_bert_folder})) as served:
        answer, _ = answer_of(REVISION, "some/tiny", tmp_path, HF_ENDPOINT=served.endpoint)
    revision, seconds = answer.split()
    assert revision == COMMIT
    assert float(seconds) < 0.05


def test_only_the_hubs_own_folder_of_a_commit_is_taken_for_one(folder, tmp_path):
    own = tmp_path / "snapshots" / "of-monday"
    shutil.copytree(folder, own)
    assert hub.revision(own) != "of-monday"


def test_a_name_that_is_nobodys_has_no_revision():
    with pytest.raises(ModelNotFound):
        current_revision("no such model!")


def test_a_loaded_model_keeps_its_weights_when_their_file_is_written_anew(folder, tmp_path):
    answer, _ = answer_of(REWRITE, str(folder), tmp_path)
    assert answer.split() == ["True", "True"]


def test_a_file_that_is_cut_while_it_is_read_is_an_error_that_says_so(tiny_bert_folder, tmp_path):
    # Of three pages at least, so that the half that is gone is not read with the first one.
    large = shutil.copytree(tiny_bert_folder, tmp_path / "large")
    assert (large / "model.safetensors").stat().st_size > 3 * os.sysconf("SC_PAGE_SIZE")
    answer, _ = answer_of(CUT, str(large), tmp_path)
    assert answer == f"Cannot use '{large}': {INCOMPLETE}"


def test_a_model_that_is_loaded_goes_on_when_its_folder_is_gone(folder, tmp_path, monkeypatch):
    request = Ask(str(folder), ("the turtle moves [MASK]",))
    before = service.answer(service.pinned(request))
    folder.rename(tmp_path / "elsewhere")
    gone = service.pinned(replace(request, texts=("the old turtle moves [MASK]",)))
    assert gone.revision == before.model.revision
    assert service.answer(gone).model is before.model
    monkeypatch.setattr(models, "_loaded", LoadedModels(1_600_000_000))
    for asked in (request, gone):
        with pytest.raises(ModelNotFound, match=str(folder)):
            service.answer(service.pinned(asked))
    (tmp_path / "elsewhere").rename(folder)
    assert service.answer(service.pinned(request)).model.revision == before.model.revision


def test_a_model_that_may_no_longer_be_opened_does_not_go_on(folder, monkeypatch):
    load_model(str(folder))
    monkeypatch.setenv("HEADLIGHT_ALLOW", "headlight-bert")
    with pytest.raises(ModelNotFound):
        current_revision(str(folder))


def test_of_a_model_that_is_gone_the_weights_that_were_read_last_go_on(folder):
    load_model(str(folder))
    train(folder)
    last = load_model(str(folder)).info.revision
    shutil.rmtree(folder)
    assert current_revision(str(folder)) == last


def refusal(checkpoint: Path) -> str:
    with pytest.raises(ModelRefused) as caught:
        load_model(str(checkpoint))
    return str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_files_that_vanish_while_they_are_read_are_an_error_that_says_so(name, folder, monkeypatch):
    read = weights.read

    def read_too_late(*args):
        (folder / name).unlink()
        return read(*args)

    monkeypatch.setattr(weights, "read", read_too_late)
    assert refusal(folder) == f"Cannot use '{folder}': {INCOMPLETE}"


def test_a_folder_that_vanishes_once_it_is_found_is_an_error_that_says_so(folder, monkeypatch):
    monkeypatch.setattr(hub, "find", lambda checkpoint: folder / "gone")
    assert refusal(folder) == f"Cannot use '{folder}': {INCOMPLETE}"


def test_weights_that_are_written_while_they_are_read_are_not_taken_for_either(folder, monkeypatch):
    read = weights.read

    def read_and_write(*args):
        result = read(*args)
        os.utime(folder / "model.safetensors", ns=(1, 1))
        return result

    monkeypatch.setattr(weights, "read", read_and_write)
    assert refusal(folder) == f"Cannot use '{folder}': {INCOMPLETE}"
