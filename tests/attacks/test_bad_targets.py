"""A file with a damaged target, or one that does not fit its maps, is refused with a sentence about the entry."""

import io
import json
import random
import zipfile

import numpy as np

from tests.attacks.test_memory import LITTLE, counted, peak
from tests.saved_runs import assert_same, foreign, refusal, three_kind_run
from viz.errors import NotARun
from viz.files import saved
from viz.files.entries import OF_A_KIND


def changed(meta: dict | None = None, **entries) -> io.BytesIO:
    """Write the run of three kinds with some entries replaced, added, or left out (None); ``__`` stands for a slash."""
    with np.load(io.BytesIO(saved.as_bytes(three_kind_run()))) as file:
        arrays = dict(file)
    said = json.loads(str(arrays["meta"])) | {"entries": None} | (meta or {})
    arrays |= {"meta": np.array(json.dumps(said))}
    arrays |= {name.replace("__", "/"): entry for name, entry in entries.items()}
    written = io.BytesIO()
    np.savez(written, **{name: entry for name, entry in arrays.items() if entry is not None})
    written.seek(0)
    return written


def test_the_file_that_is_damaged_below_is_a_good_one():
    assert_same(three_kind_run(), saved.read(changed()))


def test_what_a_target_leaves_out_is_made_up_as_for_the_texts():
    target = saved.read(
        changed(
            meta={"target": {}},
            target__input_ids=None,
            target__word_ids=None,
            target__position_ids=None,
            target__special_tokens_mask=None,
        )
    ).target
    assert target is not None
    assert target.texts == ("a mouse", "[PAD] b")
    assert target.position_ids.tolist() == [[0, 1], [0, 0]]
    assert target.input_ids.tolist() == [[-1, -1], [-1, -1]]
    assert (target.padding_side, target.truncated) == ("right", (False, False))


def test_a_target_names_what_it_lacks():
    assert "it has no target/tokens." in refusal(changed(target__tokens=None))
    assert "it has no target/attention_mask." in refusal(changed(target__attention_mask=None))
    without = {f"decoder__{name}": None for name in OF_A_KIND}
    assert "it has no decoder/attentions." in refusal(changed(**without))
    target = {"target/tokens": np.array([["a"]]), "target/attention_mask": np.ones((1, 1))}
    assert "it has no decoder/attentions, cross/attentions." in refusal(foreign(**target))


def test_a_target_of_another_size_than_its_maps_is_refused():
    three = np.full((2, 3), "a")
    for entries, says in (
        ({"target__tokens": three}, "target/attention_mask has the shape [2, 2]; it must be [2, 3]"),
        (
            {
                "target__tokens": three,
                "target__attention_mask": np.ones((2, 3)),
                **{
                    f"target__{name}": None for name in ("input_ids", "word_ids", "position_ids", "special_tokens_mask")
                },
            },
            "decoder/attentions has the shape [2, 3, 2, 2, 2]; it must be [2, L, H, 3, 3]",
        ),
        ({"target__tokens": np.full((1, 2), "a")}, "target/tokens has the shape [1, 2]; it must be [2, T]"),
        ({"target__position_ids": np.ones((2, 3))}, "target/position_ids has the shape [2, 3]; it must be [2, 2]"),
        ({"target__tokens": np.full((2, 0), "a")}, "target/tokens is empty"),
        ({"cross__queries": three}, "cross/queries has the shape [2, 3]; it must be [2, 2]"),
    ):
        assert says in refusal(changed(**entries)), says


def test_values_that_are_none_of_a_target_are_refused():
    for entries, says in (
        ({"target__attention_mask": np.zeros((2, 2))}, "row 1 of target/attention_mask has no real token"),
        ({"target__attention_mask": np.full((2, 2), 7)}, "target/attention_mask"),
        ({"target__input_ids": np.full((2, 2), "a")}, "target/input_ids holds text; it must hold numbers."),
        ({"target__tokens": np.ones((2, 2))}, "target/tokens holds no text."),
        ({"readouts": np.array([[0, 0], [0, 1], [1, 2]])}, "readouts point outside the texts."),
        ({"target__tokens": np.array([[{}, {}]] * 2)}, "target/tokens holds neither numbers nor text."),
    ):
        assert says in refusal(changed(**entries)), says


def test_a_meta_that_says_something_else_of_a_target_is_refused():
    for said, says in (
        ([], "target in meta must be a JSON object."),
        ("mouse", "target in meta must be a JSON object."),
        ({"texts": ["mouse"]}, "texts must be a list of 2 texts."),
        ({"texts": "mouse"}, "texts must be a list of 2 texts."),
        ({"padding_side": "middle"}, "padding_side in meta must be left or right."),
        ({"truncated": [1, 0]}, "truncated must be a list of 2 times true or false."),
    ):
        assert says in refusal(changed(meta={"target": said})), said
    assert "words of the model in meta must be read, none or missing." in refusal(
        changed(meta={"model": {"words": "loud"}})
    )


def test_a_target_is_counted_before_it_is_unpacked():
    strange = np.full((2, 2), "\u202e" * 200)
    file = changed(target__tokens=strange)
    assert counted(file) > counted(changed())
    assert peak(file) < counted(file) + LITTLE


def test_a_file_with_a_flipped_bit_is_refused_or_reads_the_same():
    chance = random.Random(8)
    whole = saved.as_bytes(three_kind_run())
    for _ in range(200):
        at, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        damaged = whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]
        try:
            assert_same(three_kind_run(), saved.read(io.BytesIO(damaged)))
        except NotARun as error:
            assert str(error).endswith("."), (at, bit)


def test_a_lost_target_is_noticed():
    """A file says what was written into it: one whose target was cut out is no run without a target."""
    cut = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved.as_bytes(three_kind_run()))) as whole, zipfile.ZipFile(cut, "w") as file:
        for name in whole.namelist():
            if not name.startswith("target/"):
                file.writestr(name, whole.read(name))
    assert "it has no target/tokens, target/attention_mask" in refusal(cut)
