"""Whatever is in a file of a run: it opens as a run that can be drawn and saved, or a sentence says why not."""

import io
import json
import zipfile
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from tests.attacks.bad_files import entries, npy, packed
from tests.properties.strange import answered, texts
from tests.saved_runs import assert_same, foreign, full_run, three_kind_run
from viz.analysis import tables
from viz.analysis.heads import boards
from viz.analysis.masks.cells import row_states
from viz.analysis.predictions import top_k
from viz.analysis.words import words
from viz.drawing import diagrams, heatmap, overview
from viz.files import saved
from viz.files.page_html import page
from viz.files.tensor_file import text_bytes
from viz.files.tensor_file import write as write_tensors
from viz.records import Run

N = 3  # tokens of the file that is changed

bit = st.tuples(st.integers(0, 1 << 20), st.one_of(st.binary(min_size=1, max_size=8), st.just(b"")), st.integers(0, 8))
weights = st.floats(0, 1, width=32) | st.sampled_from([np.nan, np.inf, -1.0, 1.5, 1e-45])
lengths = st.integers(0, 4)
shapes = st.lists(lengths, max_size=6).map(tuple)
anything = st.one_of(
    arrays_of.arrays(st.sampled_from(["<f4", "<f2", ">f8", "<i8", "u1", "?", "<U3", "<c8"]), shapes),
    arrays_of.arrays("<f4", (1, 2, 4, N, N), elements=weights),
    arrays_of.arrays(
        "<U8", (1, N), elements=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
    ),
    arrays_of.arrays("<i8", (1, N), elements=st.integers(-(1 << 40), 1 << 40)),
    arrays_of.arrays("?", (1, N)),
    arrays_of.arrays("?", (1, N, N)),
    arrays_of.arrays("?", (1, 1, N, N)),
    arrays_of.arrays("<f4", (1, 1, N, N), elements=weights),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts(2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
said = st.dictionaries(
    st.sampled_from(["format", "texts", "model", "padding_side", "truncated", "target", "entries"]),
    json_values
    | st.fixed_dictionaries({}, optional={"checkpoint": texts(2), "causal": st.booleans(), "words": texts(1)}),
    max_size=4,
)
meta = st.one_of(said.map(json.dumps), texts(3))
names = st.sampled_from([name for name in saved.entries.ENTRIES if name != "meta"])


@cache
def good_files() -> tuple[bytes, ...]:
    """Give good files of one and of three kinds, in both formats, packed and not."""
    runs = (full_run(), three_kind_run())
    written = [saved.as_bytes(run, ending) for run in runs for ending in ("npz", "safetensors")]
    return (*written, packed(entries(), zipfile.ZIP_STORED).getvalue(), foreign().getvalue())


def changed(data: bytes, changes: list[tuple[int, bytes, int]]) -> bytes:
    """Put other bytes in place of so many, at any place."""
    for place, put, n_taken in changes:
        at = place % (len(data) + 1)
        data = data[:at] + put + data[at + n_taken :]
    return data


def use(run: Run) -> None:
    """Do with a run what the pages do with an opened one; a first and a last head of every kind stand for all."""
    for kind, maps in run.maps.items():
        n_layers, n_heads = maps.attentions.shape[1:3]
        for row in range(len(maps.queries)):
            row_states(run, row, kind)
            overview.payload(run, row, "key", kind)
            for place in ((0, 0), (n_layers - 1, n_heads - 1)):
                heatmap.head_map(run, row, *place, kind=kind)
                tables.as_csv(tables.head_table(run, row, *place, kind=kind))
                answered(lambda: tables.describe(run, row, *place, kind=kind))  # noqa: B023 - called at once
        diagrams.draw(run, 0, 0, 0, kind)
    for row in range(len(run.batch.texts)):
        words(run, row)
    for readout in range(len(run.readouts)):
        answered(lambda: top_k(run, readout, 3))  # noqa: B023 - called at once
    if "self" in run.maps:
        answered(lambda: boards.measure([run]))
    page(run)


def opened(data: bytes | io.BytesIO, name: str = "mine.npz") -> None:
    run = answered(lambda: saved.read(io.BytesIO(data) if isinstance(data, bytes) else data, name))
    if run is not None:
        use(run)
        for ending in ("npz", "safetensors"):
            assert_same(run, saved.read(io.BytesIO(saved.as_bytes(run, ending))))


@given(data=st.binary(max_size=400), name=texts(1))
def test_any_bytes_open_or_are_refused(data, name):
    opened(data, name)


@given(which=st.integers(0, 5), changes=st.lists(bit, min_size=1, max_size=6))
def test_a_file_with_other_bytes_in_it_opens_or_is_refused(which, changes):
    opened(changed(good_files()[which], changes))


@given(
    name=st.sampled_from([*entries()]),
    descr=st.sampled_from(["'<f4'", "'<U4'", "'|b1'", "'<i8'", "'>f2'", "'<c8'", "'|O'", "[('a', '<f4')]"]) | st.text(),
    shape=st.lists(st.integers(-1, 5), max_size=6).map(tuple) | st.text(max_size=9),
    data=st.binary(max_size=200),
)
def test_an_array_with_any_header_opens_or_is_refused(name, descr, shape, data):
    opened(packed(entries() | {name: npy(descr, shape, data)}))


@given(others=st.dictionaries(names, anything, max_size=3), written=st.none() | meta)
def test_any_arrays_open_or_are_refused(others, written):
    opened(foreign(**others, **({} if written is None else {"meta": written})))


@given(others=st.dictionaries(names, anything, max_size=3), written=json_values | said, tokens=json_values)
def test_any_tensors_open_or_are_refused(others, written, tokens):
    tensors = {
        "attention_mask": np.ones((1, N), bool),
        "attentions": np.full((1, 2, 4, N, N), 1 / N, np.float32),
        "meta": text_bytes(written),
        "tokens": text_bytes([["a", "b", "c"]] if tokens is None else tokens),
    } | {name: array for name, array in others.items() if array.dtype.kind in "biuf"}
    file = io.BytesIO()
    write_tensors({name: array.astype(array.dtype.newbyteorder("<")) for name, array in tensors.items()}, file)
    opened(file.getvalue())


@given(
    attentions=arrays_of.arrays("<f4", (1, 2, 2, N, N), elements=st.floats(0, 1, width=32)),
    real=arrays_of.arrays("?", (1, N)),
    tokens=st.lists(texts(1), min_size=N, max_size=N),
    causal=st.booleans(),
)
def test_weights_of_any_kind_between_any_tokens_can_be_drawn(attentions, real, tokens, causal):
    if causal:
        attentions = np.tril(attentions)
    kept = np.array([[token.encode(errors="replace").decode()[:50] or "x" for token in tokens]])
    opened(foreign(attentions=attentions, attention_mask=real, tokens=kept))
