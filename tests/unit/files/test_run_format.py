"""The document about the format is true: its lines write a file that opens, and it names every entry."""

import re

import numpy as np

from tests.conftest import REPOSITORY
from tests.saved_runs import assert_same
from viz.files import entries, meta, saved
from viz.settings import Settings

DOCUMENT = (REPOSITORY / "docs" / "run-format.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", DOCUMENT, flags=re.DOTALL)


def test_the_lines_of_the_document_write_a_file_that_opens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = BLOCKS[0]
    assert len([line for line in lines.splitlines() if line]) <= 10
    exec(compile(lines, "run-format.md", "exec"), {})
    run = saved.read(tmp_path / "mine.npz")
    assert run.batch.tokens == (("my", "own", "attention"), ("a", "turtle", "[PAD]"))
    assert run.model.checkpoint == "my-model"
    assert run.batch.attention_mask.tolist() == [[True, True, True], [True, True, False]]
    np.testing.assert_allclose(run.attentions.sum(axis=-1), 1, rtol=1e-6)
    assert not run.attentions[1, ..., 2].any()


def test_the_lines_for_an_output_write_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = np.array([[[[0.25, 0.75], [0.5, 0.5]]]], np.float32)
    known = {"tokens": ["a", "b"], "attention": [weights], "inputs": {"attention_mask": np.ones((1, 2))}}
    lines, called_before, called_now = BLOCKS[1:4]
    assert called_before == "head_view(attention, tokens)\n"
    for block, given in ((lines, {"outputs": {"attentions": [weights]}}), ("from viz import saved\n" + called_now, {})):
        exec(compile(block, "run-format.md", "exec"), known | given)
        run = saved.read(tmp_path / "mine.npz")
        assert (run.batch.tokens, run.attentions[:, 0].tolist()) == ((("a", "b"),), weights.tolist())
        (tmp_path / "mine.npz").unlink()


def test_the_lines_for_safetensors_write_the_same_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS[0] + BLOCKS[4], "run-format.md", "exec"), {})
    npz, tensors = saved.read(tmp_path / "mine.npz"), saved.read(tmp_path / "mine.safetensors")
    assert len(BLOCKS) == 5
    assert_same(npz, tensors)


def test_the_document_names_every_entry_and_every_field():
    kinds = {f"{kind}/" for kind in entries.KINDS}
    names = {name for name in entries.ENTRIES if "/" not in name} | {f"cross/{name}" for name in entries.OF_A_KIND}
    names |= {f"target/{name}" for name in entries.OF_TARGET}
    fields = {"format", "texts", "padding_side", "truncated", "entries", "model", "target", *meta.MODEL}
    assert {name for name in kinds | names | fields if f"`{name}`" not in DOCUMENT} == set()
    assert f"more than {Settings().max_opened_mb:,} MB" in DOCUMENT
