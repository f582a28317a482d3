"""A run is one file: written and read it has the same bits, and a file made elsewhere opens too."""

import io
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from tests import hand_made
from tests.conftest import REPOSITORY
from viz.errors import NotARun
from viz.files import saved
from viz.records import Batch, ModelInfo, Run, self_maps

ARRAYS = ("given_mask", "attentions", "scores", "additive_mask", "readouts", "readout_logits")
BATCH_ARRAYS = ("input_ids", "attention_mask", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids")


def full_run() -> Run:
    """Build a run of two texts, one left-padded, with every optional array and numbers that need every bit."""
    random = np.random.default_rng(5)
    real = np.array([[False, True, True], [True, True, True]])
    batch = Batch(
        texts=("🐢 $x$", "我们 <b>\n"),
        tokens=(("[PAD]", "🐢", "·1/2"), ("我", "们", "⏎")),
        input_ids=np.array([[0, 7, 8], [4, 5, 6]]),
        attention_mask=real,
        special_tokens_mask=~real,
        token_type_ids=np.array([[0, 0, 1], [0, 1, 1]]),
        position_ids=np.array([[0, 0, 1], [0, 1, 2]]),
        word_ids=np.array([[-1, 0, 0], [0, 1, 2]]),
        padding_side="left",
        truncated=(False, True),
    )
    model = ModelInfo("m/x", "abc123", "bert", "random", False, 2, 2, 32, "[MASK]", ("a", "ё", '"', "🐢"))
    attentions = random.random((2, 2, 2, 3, 3), dtype=np.float32)
    return Run(
        model=model,
        batch=batch,
        given_mask=random.random((2, 3, 3)) > 0.5,
        maps=self_maps(
            batch,
            attentions,
            random.standard_normal((2, 2, 2, 3, 3)).astype(np.float32),
            np.full((2, 2, 3, 3), np.finfo(np.float32).min, dtype=np.float32),
            random.random((2, 2, 3, 3)) > 0.5,
        ),
        readouts=np.array([[0, 1], [1, 2]]),
        readout_logits=random.standard_normal((2, 4)).astype(np.float32),
    )


def foreign(**changed) -> io.BytesIO:
    """Make a file of the four required entries with plain numpy; ``changed`` replaces, adds, or with None leaves out."""
    entries = {
        "tokens": np.array([["my", "own", "attention"]]),
        "attention_mask": np.ones((1, 3), dtype=int),
        "attentions": np.full((1, 2, 4, 3, 3), 1 / 3),
        "meta": "{}",
    }
    file = io.BytesIO()
    np.savez(file, **{name: entry for name, entry in (entries | changed).items() if entry is not None})
    file.seek(0)
    return file


def refusal(source) -> str:
    with pytest.raises(NotARun) as caught:
        saved.read(source, "mine.npz")
    assert str(caught.value).startswith("'mine.npz' is not a saved run: ")
    return str(caught.value)


def assert_same(run: Run, again: Run) -> None:
    for name in ARRAYS:
        before, after = getattr(run, name), getattr(again, name)
        assert before.dtype == after.dtype, name
        assert before.tobytes() == after.tobytes(), name
        assert before.shape == after.shape, name
    for name in BATCH_ARRAYS:
        assert getattr(run.batch, name).tobytes() == getattr(again.batch, name).tobytes(), name
    for name in ("texts", "tokens", "padding_side", "truncated"):
        assert getattr(run.batch, name) == getattr(again.batch, name), name
    for name in ModelInfo.__dataclass_fields__:
        assert getattr(run.model, name) == getattr(again.model, name), name


def test_what_is_written_is_read_with_the_same_bits(tmp_path):
    saved.write(full_run(), tmp_path / "run.npz")
    assert_same(full_run(), saved.read(tmp_path / "run.npz"))


def test_a_download_is_read_with_the_same_bits():
    assert_same(full_run(), saved.read(io.BytesIO(saved.as_bytes(full_run()))))


def test_a_run_is_written_under_exactly_the_asked_name(tmp_path):
    saved.write(full_run(), tmp_path / "run.headlight")
    assert [path.name for path in tmp_path.iterdir()] == ["run.headlight"]
    assert_same(full_run(), saved.read(tmp_path / "run.headlight"))


def test_a_run_without_optional_arrays_is_read_without_them(tmp_path):
    saved.write(hand_made.run([[1, 1]]), tmp_path / "run.npz")
    again = saved.read(tmp_path / "run.npz")
    assert again.scores is None
    assert again.additive_mask is None
    assert again.batch.token_type_ids is None
    assert again.readouts.shape == (0, 2)


def test_a_written_file_opens_in_plain_numpy(tmp_path):
    saved.write(full_run(), tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        assert file["tokens"].tolist() == [["[PAD]", "🐢", "·1/2"], ["我", "们", "⏎"]]
        assert file["attention_mask"].tolist() == [[False, True, True], [True, True, True]]
        assert file["attentions"].shape == (2, 2, 2, 3, 3)
        assert json.loads(str(file["meta"]))["format"] == 1


def test_a_read_run_refuses_writing():
    with pytest.raises(ValueError, match="read-only"):
        saved.read(foreign()).attentions[...] = 0


def test_a_foreign_file_with_only_the_four_entries_opens():
    run = saved.read(foreign())
    assert run.batch.tokens == (("my", "own", "attention"),)
    assert run.batch.texts == ("my own attention",)
    assert (run.model.n_layers, run.model.n_heads, run.model.max_positions) == (2, 4, 3)
    assert run.model.checkpoint == "unknown model"
    assert run.given_mask.tolist() == [[True, True, True]]
    assert not run.model.causal
    np.testing.assert_array_equal(run.attentions, np.full((1, 2, 4, 3, 3), 1 / 3, dtype=np.float32))


def test_a_foreign_file_may_name_its_model():
    assert saved.read(foreign(meta='{"model": "my-own"}')).model.checkpoint == "my-own"
    described = saved.read(foreign(meta='{"model": {"checkpoint": "x", "weights": "random"}}')).model
    assert (described.checkpoint, described.weights) == ("x", "random")


def test_a_foreign_file_in_which_nobody_looks_ahead_is_causal():
    lower = np.tri(3) / np.arange(1, 4)[:, None]
    assert saved.read(foreign(attentions=np.broadcast_to(lower, (1, 2, 4, 3, 3)))).model.causal


def test_padded_queries_have_no_say_in_whether_a_foreign_file_is_causal():
    lower = np.tri(3) / np.arange(1, 4)[:, None]
    lower[0] = 1 / 3  # what a model puts into the row of a left pad
    attentions = np.broadcast_to(lower, (1, 2, 4, 3, 3))
    assert saved.read(foreign(attentions=attentions, attention_mask=np.array([[0, 1, 1]]))).model.causal
    assert not saved.read(foreign(attentions=attentions)).model.causal


def test_a_foreign_file_of_one_token_is_not_called_causal():
    one = foreign(tokens=np.array([["a"]]), attention_mask=np.ones((1, 1)), attentions=np.ones((1, 1, 1, 1, 1)))
    assert not saved.read(one).model.causal


def test_a_foreign_files_left_padding_gives_positions_of_real_tokens():
    run = saved.read(foreign(attention_mask=np.array([[0, 1, 1]])))
    assert run.batch.position_ids.tolist() == [[0, 0, 1]]
    assert run.batch.attention_mask.tolist() == [[False, True, True]]


def test_weights_of_rounding_size_above_one_are_taken():
    rounded = np.full((1, 2, 4, 3, 3), 1 / 3)
    rounded[..., 0] = 1.0000002
    assert saved.read(foreign(attentions=rounded)).attentions.max() > 1


def test_a_pickled_object_is_refused_and_not_run(tmp_path):
    marker = tmp_path / "was run"

    class Trap:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    assert "no .npz file, or a damaged one" in refusal(foreign(tokens=np.array([[Trap()] * 3], dtype=object)))
    assert not marker.exists()


@pytest.mark.parametrize("name", ["tokens", "attention_mask", "attentions", "meta"])
def test_a_file_without_a_required_entry_names_it(name):
    assert f"it has no {name}." in refusal(foreign(**{name: None}))


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    assert "no .npz file" in refusal(io.BytesIO(b"hello"))
    assert "no .npz file" in refusal(io.BytesIO(b""))
    assert "no .npz file" in refusal(tmp_path / "missing.npz")
    assert "no .npz file" in refusal(tmp_path)


def test_a_single_array_is_refused():
    file = io.BytesIO()
    np.save(file, np.ones(3))
    file.seek(0)
    assert "no .npz file" in refusal(file)


def test_an_archive_of_something_else_names_what_is_missing():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("notes.txt", "hello")
    file.seek(0)
    assert "it has no tokens, attention_mask, attentions, meta." in refusal(file)


def test_a_file_cut_anywhere_is_refused():
    whole = saved.as_bytes(full_run())
    for length in range(0, len(whole) - 1, len(whole) // 40):
        assert "damaged" in refusal(io.BytesIO(whole[:length]))


def test_a_file_with_damaged_bytes_is_refused_or_reads_the_same():
    whole = saved.as_bytes(full_run())
    n_refused = 0
    for at in range(0, len(whole), len(whole) // 60):
        damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        try:
            assert_same(full_run(), saved.read(io.BytesIO(damaged)))
        except NotARun:
            n_refused += 1
    assert n_refused > 30


def test_a_file_that_unpacks_to_more_than_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(saved, "MAX_BYTES", 1000)
    assert "no .npz file" in refusal(foreign())


@pytest.mark.parametrize(
    "changed, says",
    [
        ({"attentions": np.ones((2, 4, 3, 3)) / 3}, "attentions have 4 axes instead of 5"),
        (
            {"attentions": np.ones((1, 2, 4, 3, 2)) / 3},
            "attentions has the shape [1, 2, 4, 3, 2]; it must be [B, L, H, T, T]",
        ),
        ({"attentions": np.ones((1, 2, 4, 2, 3)) / 3}, "attentions has the shape [1, 2, 4, 2, 3]"),
        ({"attentions": np.full((1, 2, 4, 3, 3), 1.5)}, "attentions must lie between 0 and 1"),
        ({"attentions": np.full((1, 2, 4, 3, 3), -0.1)}, "attentions must lie between 0 and 1"),
        ({"attentions": np.full((1, 2, 4, 3, 3), np.nan)}, "attentions must lie between 0 and 1"),
        ({"attentions": np.full((1, 2, 4, 3, 3), np.inf)}, "attentions must lie between 0 and 1"),
        ({"attentions": np.zeros((1, 2, 4, 0, 0))}, "attentions must lie between 0 and 1"),
        ({"tokens": np.array(["my", "own", "run"])}, "tokens has the shape [3]"),
        ({"tokens": np.array([["a", "b"]])}, "tokens has the shape [1, 2]; it must be [1, 3]"),
        ({"attention_mask": np.ones(3)}, "attention_mask has the shape [3]"),
        ({"attention_mask": np.ones((1, 4))}, "attention_mask has the shape [1, 4]; it must be [1, 3]"),
        ({"meta": "{"}, "meta is not JSON text"),
        ({"meta": "[" * 100_000}, "meta is not JSON text"),
        ({"meta": "[]"}, "meta is not a JSON object"),
        ({"meta": '{"format": 2}'}, "it has the format 2; this version reads 1"),
        (
            {"meta": '{"model": {"n_layers": 3}}'},
            "attentions has the shape [1, 2, 4, 3, 3]; it must be [1, 3, 4, 3, 3]",
        ),
        ({"meta": '{"texts": ["one", "two"]}'}, "it must be"),
        ({"given_mask": np.ones((1, 2))}, "given_mask has the shape [1, 2]"),
        ({"scores": np.ones((1, 2, 4, 3))}, "scores has the shape"),
        ({"scores": np.full((1, 2, 4, 3, 3), "x")}, "could not convert"),
        ({"additive_mask": np.ones(3)}, "additive_mask has the shape [3]"),
        ({"position_ids": np.ones((1, 2))}, "position_ids has the shape [1, 2]"),
        ({"readout_logits": np.ones((1, 4))}, "readout_logits has the shape [1, 4]"),
        (
            {"readouts": [[0, 3]], "readout_logits": np.ones((1, 1)), "vocabulary": np.frombuffer(b'["a"]', np.uint8)},
            "readouts point outside the texts",
        ),
        (
            {"readouts": [[-1, 0]], "readout_logits": np.ones((1, 1)), "vocabulary": np.frombuffer(b'["a"]', np.uint8)},
            "readouts point outside the texts",
        ),
        (
            {"readouts": [[0, 0]], "readout_logits": np.ones((1, 2)), "vocabulary": np.frombuffer(b'["a"]', np.uint8)},
            "readout_logits has the shape [1, 2]; it must be [1, 1]",
        ),
    ],
)
def test_entries_that_do_not_fit_are_refused_with_what_is_wrong(changed, says):
    assert says in refusal(foreign(**changed))


def test_opening_a_run_imports_neither_torch_nor_streamlit(tmp_path):
    saved.write(full_run(), tmp_path / "run.npz")
    program = (
        "import sys; from pathlib import Path; from viz import saved; "
        "saved.read(Path(sys.argv[1])); print([m for m in ('torch', 'transformers', 'streamlit') if m in sys.modules])"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "run.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "[]"


def test_a_foreign_files_tokens_are_made_visible_and_bounded():
    tokens = np.array([["a b", "\u202e\x07", "x" * 5_000]])
    run = saved.read(foreign(tokens=tokens))
    assert run.batch.tokens == (("a␣b", "⟨202E⟩⟨0007⟩", "x" * 200),)
