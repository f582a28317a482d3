"""A run is one ``.safetensors`` too: the library of that name reads what we write, and we read what it writes."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy as plain

from tests import hand_made
from tests.conftest import REPOSITORY
from tests.saved_runs import assert_same, full_run, three_kind_run
from viz.files import saved


def as_json(value) -> np.ndarray:
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def four_entries(**changed) -> io.BytesIO:
    """Write the four required entries with the library; ``changed`` replaces or adds."""
    entries = {
        "tokens": as_json([["my", "own", "🐢"]]),
        "attention_mask": np.ones((1, 3), dtype=bool),
        "attentions": np.full((1, 2, 4, 3, 3), 1 / 3, dtype=np.float32),
        "meta": as_json({"model": "mine"}),
    }
    return io.BytesIO(plain.save(entries | changed))


def test_what_is_written_is_read_with_the_same_bits(tmp_path):
    for run in (full_run(), three_kind_run(), hand_made.run([[1, 1]])):
        saved.write(run, tmp_path / "run.safetensors")
        assert_same(run, saved.read(tmp_path / "run.safetensors"))
        assert_same(run, saved.read(io.BytesIO(saved.as_bytes(run, "safetensors"))))


def test_the_library_reads_what_is_written(tmp_path):
    run = three_kind_run()
    saved.write(run, tmp_path / "run.safetensors")
    file = plain.load_file(tmp_path / "run.safetensors")
    for kind, maps in run.maps.items():
        np.testing.assert_array_equal(file[f"{kind}/attentions"], maps.attentions)
        np.testing.assert_array_equal(file[f"{kind}/allowed"], maps.allowed)
        assert json.loads(file[f"{kind}/keys"].tobytes()) == list(map(list, maps.keys))
    assert json.loads(file["tokens"].tobytes()) == list(map(list, run.batch.tokens))
    assert json.loads(file["meta"].tobytes())["target"]["texts"] == list(run.target.texts)
    np.testing.assert_array_equal(file["target/attention_mask"], run.target.attention_mask)
    with np.load(io.BytesIO(saved.as_bytes(run))) as npz:
        assert set(file) == set(npz)


def test_a_file_of_the_library_opens():
    run = saved.read(four_entries())
    assert run.batch.tokens == (("my", "own", "🐢"),)
    assert (run.model.checkpoint, run.model.n_layers, run.model.n_heads) == ("mine", 2, 4)
    np.testing.assert_allclose(run.attentions, 1 / 3, rtol=1e-7)


def test_tokens_may_be_ids():
    run = saved.read(four_entries(tokens=np.array([[7, 8, 9]])))
    assert run.batch.tokens == (("7", "8", "9"),)


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_other_widths_are_kept_as_float32(kind):
    weights = np.random.default_rng(2).random((1, 2, 4, 3, 3)).astype(kind)
    np.testing.assert_array_equal(saved.read(four_entries(attentions=weights)).attentions, weights.astype(np.float32))


def test_bfloat16_is_the_upper_half_of_float32():
    weights = np.array([0.0, 1.0, 0.5, 0.15625, 0.75, 2**-9, 0.3984375, 0.25, 0.125], dtype=np.float32)
    bits = (weights.view(np.uint32) >> 16).astype("<u2")
    np.testing.assert_array_equal((bits.astype(np.uint32) << 16).view(np.float32), weights)  # they fit exactly
    file = four_entries(attentions=bits.view(np.float16).reshape(1, 1, 1, 3, 3))
    data = file.getvalue()
    assert data.count(b'"F16"') == 1
    again = data.replace(b'"F16"', b'"BF16"')
    length = int.from_bytes(data[:8], "little")
    header = again[8 : 8 + length + 1]
    run = saved.read(io.BytesIO(len(header).to_bytes(8, "little") + header + data[8 + length :]))
    np.testing.assert_array_equal(run.attentions.ravel(), weights)


def test_which_format_a_file_has_stands_in_it_not_in_its_name(tmp_path):
    for ending, first in (("safetensors", b"{"), ("npz", b"PK")):
        (tmp_path / "run.dat").write_bytes(saved.as_bytes(full_run(), ending))
        assert first in (tmp_path / "run.dat").read_bytes()[:9]
        assert_same(full_run(), saved.read(tmp_path / "run.dat"))


def test_opening_one_imports_neither_torch_nor_the_library(tmp_path):
    saved.write(full_run(), tmp_path / "run.safetensors")
    program = (
        "import sys; from viz import saved; saved.read(sys.argv[1]); "
        "print([m for m in ('torch', 'transformers', 'safetensors', 'streamlit') if m in sys.modules])"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "run.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "[]"
