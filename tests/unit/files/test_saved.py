"""A run is one file: written and read it has the same bits, and plain numpy opens it too."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests import hand_made
from tests.conftest import REPOSITORY
from tests.saved_runs import assert_same, foreign, full_run, refusal, three_kind_run
from viz.analysis.masks.cells import allowed_by
from viz.files import saved
from viz.records import Stack

FORMAT_1 = Path(__file__).with_name("format_1.npz")  # full_run, as the last version that wrote format 1 wrote it


def through_a_file(run):
    return saved.read(io.BytesIO(saved.as_bytes(run)))


def test_what_is_written_is_read_with_the_same_bits(tmp_path):
    for run in (full_run(), three_kind_run()):
        saved.write(run, tmp_path / "run.npz")
        assert_same(run, saved.read(tmp_path / "run.npz"))
        assert_same(run, through_a_file(run))


def test_a_run_is_written_under_exactly_the_asked_name(tmp_path):
    saved.write(full_run(), tmp_path / "run.headlight")
    assert [path.name for path in tmp_path.iterdir()] == ["run.headlight"]
    assert_same(full_run(), saved.read(tmp_path / "run.headlight"))


def test_a_file_may_be_named_by_text(tmp_path):
    saved.write(full_run(), str(tmp_path / "run.headlight"))
    assert_same(full_run(), saved.read(str(tmp_path / "run.headlight")))
    assert f"'{tmp_path}' is not" in refusal(str(tmp_path), name="")


def test_a_run_without_optional_arrays_is_read_without_them():
    again = through_a_file(hand_made.run([[1, 1]]))
    assert again.scores is None
    assert again.additive_mask is None
    assert again.batch.token_type_ids is None
    assert again.readouts.shape == (0, 2)


def test_a_written_file_opens_in_plain_numpy(tmp_path):
    saved.write(full_run(), tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        assert file["tokens"].tolist() == [["[PAD]", "🐢", "·1/2"], ["我", "们", "⏎"]]
        assert file["attention_mask"].tolist() == [[False, True, True], [True, True, True]]
        np.testing.assert_array_equal(file["attentions"], full_run().attentions)
        np.testing.assert_array_equal(file["allowed"], full_run().allowed)
        assert json.loads(str(file["meta"]))["format"] == 2


def test_other_kinds_stand_under_their_name_in_plain_numpy(tmp_path):
    run = three_kind_run()
    saved.write(run, tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        assert "attentions" not in file
        assert file["cross/queries"].tolist() == [["a", "mouse"], ["[PAD]", "b"]]
        assert file["cross/keys"].tolist() == file["tokens"].tolist()
        for name in ("attentions", "scores", "added", "allowed", "query_mask", "key_mask"):
            np.testing.assert_array_equal(file[f"cross/{name}"], getattr(run.maps["cross"], name))
        assert "encoder/scores" not in file


def test_a_target_stands_under_its_name_in_plain_numpy(tmp_path):
    saved.write(three_kind_run(), tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        assert file["target/tokens"].tolist() == [["a", "mouse"], ["[PAD]", "b"]]
        assert file["target/attention_mask"].tolist() == [[True, True], [False, True]]
        assert json.loads(str(file["meta"]))["target"]["texts"] == ["mouse", "<b>"]


def test_a_file_of_format_2_from_before_targets_opens_without_one():
    old = three_kind_run()
    read = through_a_file(replace(old, target=None, readouts=old.readouts[:0], readout_logits=old.readout_logits[:0]))
    assert read.target is None
    assert [stack.kind for stack in read.model.stacks] == ["encoder", "decoder", "cross"]
    np.testing.assert_array_equal(read.maps["cross"].attentions, old.maps["cross"].attentions)


def test_layers_and_heads_of_a_kind_are_those_of_its_arrays():
    lying = three_kind_run()
    lying = replace(lying, model=replace(lying.model, stacks=(Stack("cross", 9, 9),), words="missing"))
    again = through_a_file(lying).model
    assert again.stacks == three_kind_run().model.stacks
    assert again.words == "missing"


def test_a_file_of_format_1_opens_as_it_did():
    run, meant = saved.read(FORMAT_1), full_run()
    with np.load(FORMAT_1) as file:
        assert json.loads(str(file["meta"]))["format"] == 1
        assert "allowed" not in file
        for name in ("attentions", "scores", "additive_mask", "given_mask", "readouts", "readout_logits"):
            assert getattr(run, name).tobytes() == file[name].tobytes(), name
    assert (run.batch.tokens, run.batch.texts, run.batch.truncated) == (
        meant.batch.tokens,
        meant.batch.texts,
        meant.batch.truncated,
    )
    assert (run.model.checkpoint, run.model.vocabulary) == ("m/x", meant.model.vocabulary)


def test_what_was_let_through_follows_from_the_masks_where_a_file_does_not_say():
    given = np.array([[True, False, True]])
    added = np.zeros((1, 1, 3, 3), dtype=np.float32)
    added[..., ~np.tri(3, dtype=bool)] = -1
    for causal in (False, True):
        meta = json.dumps({"model": {"causal": causal}})
        run = saved.read(foreign(given_mask=given, meta=meta))
        np.testing.assert_array_equal(run.allowed, allowed_by(given, None, causal=causal))
        for seen in (added, np.zeros_like(added), np.repeat(added, 2, axis=1)):
            run = saved.read(foreign(given_mask=given, additive_mask=seen, meta=meta))
            np.testing.assert_array_equal(run.allowed, allowed_by(given, seen, causal=causal))


def test_what_was_let_through_is_taken_from_a_file_that_says():
    allowed = np.array([[[[1, 0, 0], [0, 1, 0], [0, 0, 1]]]])
    assert saved.read(foreign(allowed=allowed)).allowed.tolist() == allowed.astype(bool).tolist()


def test_a_read_run_refuses_writing():
    with pytest.raises(ValueError, match="read-only"):
        saved.read(foreign()).attentions[...] = 0


def test_a_file_that_lost_an_entry_it_lists_is_refused():
    listed = ["meta", "tokens", "attention_mask", "attentions", "scores"]
    assert "it has no scores." in refusal(foreign(meta=json.dumps({"entries": listed})))
    assert saved.read(foreign(meta=json.dumps({"entries": listed[:-1]}))).batch.n_tokens == 3


def test_a_file_cut_anywhere_is_refused():
    whole = saved.as_bytes(full_run())
    for length in range(0, len(whole) - 1, len(whole) // 40):
        assert "damaged" in refusal(io.BytesIO(whole[:length]))


def test_opening_a_run_imports_neither_torch_nor_streamlit(tmp_path):
    saved.write(full_run(), tmp_path / "run.npz")
    program = (
        "import sys; from pathlib import Path; from viz import saved; "
        "saved.read(Path(sys.argv[1])); print([m for m in ('torch', 'transformers', 'streamlit') if m in sys.modules])"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "run.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "[]"
