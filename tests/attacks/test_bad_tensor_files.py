"""Whatever is in a ``.safetensors``: it opens as a run, or a sentence says what is wrong, within bounded memory."""

import io
import json
import random

import numpy as np

from tests.attacks.bad_files import MEGABYTE
from tests.attacks.test_memory import LITTLE, counted, peak
from tests.saved_runs import full_run, refusal
from viz.errors import NotARun
from viz.files import saved
from viz.files.header import MAX_DIRECTORY

DAMAGED = "it is neither an .npz nor a .safetensors file, or a damaged one."
GOOD = {
    "tokens": json.dumps([["my", "own", "attention"]]).encode(),
    "meta": b"{}",
    "attention_mask": np.ones((1, 3), dtype=bool),
    "attentions": np.full((1, 2, 4, 3, 3), 1 / 3, dtype="<f4"),
}
KINDS = {"f4": "F32", "f8": "F64", "b1": "BOOL", "i8": "I64"}


def described(**changed) -> tuple[dict, bytes]:
    """Describe entries as a file does, one behind the other; gives the description and the numbers."""
    said, data = {}, b""
    for name, value in (GOOD | changed).items():
        if value is None:
            continue
        array = np.frombuffer(value, np.uint8) if isinstance(value, bytes) else np.asarray(value)
        kind = "U8" if array.dtype == np.uint8 else KINDS[array.dtype.str[1:]]
        place = [len(data), len(data) + array.nbytes]
        said[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": place}
        data += array.tobytes()
    return said, data


def packed(said, data: bytes, length: int | None = None) -> io.BytesIO:
    """Put a file together from what is said of it and its numbers; ``length`` lies about the first."""
    head = said if isinstance(said, bytes) else json.dumps(said).encode()
    return io.BytesIO((len(head) if length is None else length).to_bytes(8, "little") + head + data)


def changed_entry(name: str, **fields) -> io.BytesIO:
    """Pack a good file that says something else about one entry."""
    said, data = described()
    said[name] |= fields
    return packed(said, data)


def test_the_file_that_is_damaged_below_is_a_good_one():
    assert saved.read(packed(*described())).batch.tokens == (("my", "own", "attention"),)
    said, data = described()
    assert saved.read(packed(said | {"__metadata__": {"a": "b"}, "../up": 5}, data + b"more")).batch.n_tokens == 3


def test_what_is_no_header_is_refused():
    said, data = described()
    good = json.dumps(said).encode()
    for head in (b"{", b"{}x", b"{" + b'"a":{' * 5_000, b'{"a":' + b"[" * 100_000, good[:-1], b"{\xff}", b'{"a":' * 9):
        assert DAMAGED in refusal(packed(head, data)), head[:20]
    for length in (0, 1, len(good) - 1, len(good) + 1, len(good) + len(data) + 1, 900_000):
        assert DAMAGED in refusal(packed(said, data, length)), length
    for length in (MAX_DIRECTORY + 1, 2**32, 2**63, 2**64 - 1):
        assert "it has too many entries." in refusal(packed(said, data, length)), length
    for there in (5, None, [], "a", {}, {"dtype": "F32"}):
        assert DAMAGED in refusal(packed(said | {"attentions": there}, data)), there


def test_places_and_shapes_that_cannot_be_are_refused():
    begin, end = described()[0]["attentions"]["data_offsets"]
    for place in ([end, begin], [-288, 0], [begin, end + 4], [begin + 10**6, end + 10**6], [begin], [], [0, 2**70]):
        assert DAMAGED in refusal(changed_entry("attentions", data_offsets=place)), place
    for place in ([float(begin), float(end)], [True, end], "ab", None):
        assert DAMAGED in refusal(changed_entry("attentions", data_offsets=place)), place
    for shape in ([1, 2, 4, 3], [1, -2, -4, 3, 3], [1] * 9, ["1"], [72.0], None, {}, [10**30]):
        assert DAMAGED in refusal(changed_entry("attentions", shape=shape)), shape
    assert "tokens has the shape [1, 3]; it must be [2, 3]" in refusal(
        changed_entry("attentions", shape=[2, 1, 4, 3, 3])
    )


def test_types_that_are_none_are_refused():
    for kind in ("F8_E4M3", "C64", "nothing", "", 5, None, ["F32"]):
        assert "attentions holds neither numbers nor text." in refusal(changed_entry("attentions", dtype=kind)), kind


def test_texts_that_are_none_are_refused():
    for tokens in (
        b"x",
        b"[]",
        b"{}",
        b"3",
        b'"abc"',
        b'[["a", "b"]]',
        b'[["a", "b", 3]]',
        b'[["a", "b", "c"], ["a", "b", "c"]]',
        b'["abc"]',
        b'[{"a": 1, "b": 2, "c": 3}]',
        b"[" * 100_000,
        b"\xff\xfe",
    ):
        said = refusal(packed(*described(tokens=tokens)))
        is_json = "tokens must be a JSON list of 1 lists of 3 texts." in said
        assert is_json or "tokens is not JSON text." in said, tokens[:20]
    assert "tokens has the shape [0]" in refusal(packed(*described(tokens=b"")))
    assert "meta holds no text." in refusal(packed(*described(meta=b"")))
    assert "meta is not a JSON object." in refusal(packed(*described(meta=b"[]")))
    assert "meta is not JSON text." in refusal(packed(*described(meta=b"[" * 100_000)))
    assert DAMAGED in refusal(packed(*described(meta=b'"\xff"')))
    long = json.dumps([["a" * 10**6, "b", "\ud800"]]).encode()
    assert saved.read(packed(*described(tokens=long))).batch.tokens == (("a" * 200, "b", "⟨D800⟩"),)


def test_what_lacks_is_named():
    for name in GOOD:
        assert f"it has no {name}." in refusal(packed(*described(**{name: None})))


def test_bytes_that_are_no_truth_values_are_refused():
    said, data = described()
    at = said["attention_mask"]["data_offsets"][0]
    assert "attention_mask holds other values than 0 and 1." in refusal(
        packed(said, data[:at] + b"\x02" + data[at + 1 :])
    )


def test_weights_that_are_none_are_refused():
    for wrong in (-0.1, 1.5, np.nan, np.inf):
        assert "attentions must lie between 0 and 1." in refusal(
            packed(*described(attentions=np.full((1, 2, 4, 3, 3), wrong, dtype="<f4")))
        )


def test_what_would_be_too_large_is_refused_before_it_is_taken():
    n = 20_000  # a file may be sparse: nothing is read but its header
    size = n * n * 4
    said, data = described(attention_mask=np.ones((1, n), dtype=bool), attentions=None)
    said["attentions"] = {"dtype": "F32", "shape": [1, 1, 1, n, n], "data_offsets": [len(data), len(data) + size]}
    file = _Sparse(packed(said, data), size)
    assert "MB of memory, more than 1,000. Save fewer or shorter texts: of its 1, 0 fit." in refusal(file)
    assert peak(file) < LITTLE


def test_numbers_that_are_not_there_are_refused_before_memory_is_taken_for_them():
    n = 10_000
    said, data = described(attention_mask=np.ones((1, n), dtype=bool), attentions=None)
    place = [len(data), len(data) + n * n * 4]
    file = packed(said | {"attentions": {"dtype": "F32", "shape": [1, 1, 1, n, n], "data_offsets": place}}, data)
    assert peak(file) < LITTLE
    assert DAMAGED in refusal(file)


class _Sparse(io.BytesIO):
    """Stand for a file that goes on with zeros for many gigabytes, as one on a disk may."""

    def __init__(self, start: io.BytesIO, n_zeros: int):
        super().__init__(start.getvalue())
        self._end = len(start.getvalue()) + n_zeros

    def seek(self, at: int, whence: int = 0) -> int:
        return self._end if whence == 2 else super().seek(at, whence)


def test_texts_take_no_more_than_is_counted():
    n = 3_000
    many = {
        "attention_mask": np.ones((n, 1), dtype=bool),
        "attentions": np.ones((n, 1, 1, 1, 1), dtype="<f4"),
    }
    strange = json.dumps([["\u202e" * 20]] * n, ensure_ascii=False).encode()
    for changed in (
        {"tokens": json.dumps([["a"]] * n).encode()} | many,
        {"tokens": strange} | many,
        {"tokens": b"[" + b"[]," * 300_000 + b"[]]"},
        {"tokens": ("[" + '"🐢",' * 100_000 + "[]]").encode()},
        {"meta": b"[" + b'{"":0},' * 40_000 + b"[]]"},
        {"meta": ('{"x": "' + "🐢é" * 100_000 + '"}').encode()},
    ):
        file = packed(*described(**changed))
        assert peak(file) < counted(file) + MEGABYTE // 2, {name: str(value)[:20] for name, value in changed.items()}


def test_a_file_cut_at_every_kilobyte_is_refused():
    weights = np.random.default_rng(3).random((1, 4, 4, 20, 20)).astype("<f4")
    whole = packed(
        *described(
            tokens=json.dumps([["a"] * 20]).encode(), attention_mask=np.ones((1, 20), dtype=bool), attentions=weights
        )
    ).getvalue()
    assert len(whole) > 25_000
    for length in range(0, len(whole), 1_000):
        assert DAMAGED in refusal(io.BytesIO(whole[:length])), length


def test_a_file_with_a_flipped_bit_opens_or_is_refused_with_a_sentence():
    chance = random.Random(8)
    whole = saved.as_bytes(full_run(), "safetensors")
    n_refused = 0
    for _ in range(400):
        at, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        try:
            saved.read(io.BytesIO(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]))
        except NotARun as error:
            n_refused += 1
            assert str(error).endswith("."), (at, bit)
    assert n_refused > 100
