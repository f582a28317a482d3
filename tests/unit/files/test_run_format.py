"""The document about the format is true: its lines write a file that opens, and it names every entry."""

import re

import numpy as np

from tests.conftest import REPOSITORY
from viz.files import entries, meta, saved

DOCUMENT = (REPOSITORY / "docs" / "run-format.md").read_text()


def test_the_lines_of_the_document_write_a_file_that_opens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (lines,) = re.findall(r"```python\n(.*?)```", DOCUMENT, flags=re.DOTALL)
    assert len([line for line in lines.splitlines() if line]) <= 10
    exec(compile(lines, "run-format.md", "exec"), {})
    run = saved.read(tmp_path / "mine.npz")
    assert run.batch.tokens == (("my", "own", "attention"), ("a", "turtle", "[PAD]"))
    assert run.model.checkpoint == "my-model"
    assert run.batch.attention_mask.tolist() == [[True, True, True], [True, True, False]]
    np.testing.assert_allclose(run.attentions.sum(axis=-1), 1, rtol=1e-6)
    assert not run.attentions[1, ..., 2].any()


def test_the_document_names_every_entry_and_every_field():
    kinds = {f"{kind}/" for kind in entries.KINDS}
    names = {name for name in entries.ENTRIES if "/" not in name} | {f"cross/{name}" for name in entries.OF_A_KIND}
    names |= {f"target/{name}" for name in entries.OF_TARGET}
    fields = {"format", "texts", "padding_side", "truncated", "entries", "model", "target", *meta.MODEL}
    assert {name for name in kinds | names | fields if f"`{name}`" not in DOCUMENT} == set()
    assert f"more than {entries.MAX_BYTES // 10**6:,} MB" in DOCUMENT
