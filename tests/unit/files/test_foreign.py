"""A file made elsewhere opens with four entries; what is missing follows from them, what is wrong is named."""

import io
import json
import zipfile

import numpy as np

from tests.saved_runs import foreign, refusal
from viz.files import saved
from viz.files.header import PIECE

LOWER = np.broadcast_to(np.tri(3) / np.arange(1, 4)[:, None], (1, 2, 4, 3, 3))
ONE_WORD = np.frombuffer(b'["a"]', np.uint8)


def test_a_file_with_only_the_four_entries_opens():
    run = saved.read(foreign())
    assert run.batch.tokens == (("my", "own", "attention"),)
    assert run.batch.texts == ("my own attention",)
    assert (run.model.n_layers, run.model.n_heads, run.model.max_positions) == (2, 4, 3)
    assert run.model.checkpoint == "unknown model"
    assert run.given_mask.tolist() == [[True, True, True]]
    assert not run.model.causal
    np.testing.assert_array_equal(run.attentions, np.full((1, 2, 4, 3, 3), 1 / 3, dtype=np.float32))


def test_numbers_of_any_type_and_order_become_the_same_run():
    exact = np.arange(72).reshape(1, 2, 4, 3, 3) / 128
    for attentions in (exact, exact.astype(">f4"), exact.astype(np.float16), np.asfortranarray(exact), exact[..., ::1]):
        np.testing.assert_array_equal(saved.read(foreign(attentions=attentions)).attentions, exact.astype(np.float32))
    for mask in (np.array([[0.0, 1, 1]]), np.array([[False, True, True]]), np.array([[0, 1, 1]], dtype=">u2")):
        assert saved.read(foreign(attention_mask=mask)).batch.attention_mask.tolist() == [[False, True, True]]
    assert saved.read(foreign(tokens=np.array([["b", "ё", "🐢"]], dtype=">U1"))).batch.tokens == (("b", "ё", "🐢"),)
    assert saved.read(foreign(tokens=np.array([[7, 8, 9]]))).batch.tokens == (("7", "8", "9"),)


def test_arrays_larger_than_a_piece_are_put_together_in_order():
    exact = np.random.default_rng(4).random((1, 2, 4, 120, 120))
    of_120 = {"tokens": np.array([["a"] * 120]), "attention_mask": np.ones((1, 120))}
    assert exact.nbytes > 3 * PIECE
    for attentions in (exact, np.asfortranarray(exact), exact.astype(np.float32)):
        read = saved.read(foreign(attentions=attentions, **of_120)).attentions
        np.testing.assert_array_equal(read, exact.astype(np.float32))


def test_a_file_may_name_its_model():
    assert saved.read(foreign(meta='{"model": "my-own"}')).model.checkpoint == "my-own"
    described = saved.read(foreign(meta='{"model": {"checkpoint": "x", "weights": "random"}}')).model
    assert (described.checkpoint, described.weights) == ("x", "random")


def test_a_file_in_which_nobody_looks_ahead_is_causal():
    assert saved.read(foreign(attentions=LOWER)).model.causal
    assert not saved.read(foreign(attentions=LOWER, meta='{"model": {"causal": false}}')).model.causal


def test_padded_queries_have_no_say_in_whether_a_file_is_causal():
    attentions = LOWER.copy()
    attentions[..., 0, :] = 1 / 3  # what a model puts into the row of a left pad
    assert saved.read(foreign(attentions=attentions, attention_mask=np.array([[0, 1, 1]]))).model.causal
    assert not saved.read(foreign(attentions=attentions)).model.causal


def test_a_file_of_one_token_is_not_called_causal():
    one = foreign(tokens=np.array([["a"]]), attention_mask=np.ones((1, 1)), attentions=np.ones((1, 1, 1, 1, 1)))
    assert not saved.read(one).model.causal


def test_left_padding_gives_positions_of_real_tokens():
    run = saved.read(foreign(attention_mask=np.array([[0, 1, 1]])))
    assert run.batch.position_ids.tolist() == [[0, 0, 1]]
    assert run.batch.attention_mask.tolist() == [[False, True, True]]


def test_weights_of_rounding_size_above_one_are_taken():
    rounded = np.full((1, 2, 4, 3, 3), 1 / 3)
    rounded[..., 0] = 1.0000002
    assert saved.read(foreign(attentions=rounded)).attentions.max() > 1


def test_tokens_are_made_visible_and_bounded():
    tokens = np.array([["a b", "\u202e\x07", "x" * 5_000]])
    assert saved.read(foreign(tokens=tokens)).batch.tokens == (("a␣b", "⟨202E⟩⟨0007⟩", "x" * 200),)


def test_a_file_without_a_required_entry_names_it():
    for name in ("tokens", "attention_mask", "attentions", "meta"):
        assert f"it has no {name}." in refusal(foreign(**{name: None}))


def test_a_kind_of_maps_names_what_it_lacks():
    said = refusal(foreign(**{"cross/attentions": np.ones((1, 1, 1, 2, 3)) / 3, "cross/keys": np.array([["a"] * 3])}))
    assert "it has no cross/queries, cross/query_mask, cross/key_mask, cross/allowed." in said
    assert "it has no decoder/attentions, " in refusal(foreign(**{"decoder/scores": np.ones((1, 1, 1, 2, 2))}))


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    array = io.BytesIO()
    np.save(array, np.ones(3))
    for source in (io.BytesIO(b"hello"), io.BytesIO(b""), array):
        assert "neither an .npz nor a .safetensors file" in refusal(source)
    assert "there is no such file." in refusal(tmp_path / "missing.npz")
    assert "it is a folder." in refusal(tmp_path)


def test_an_archive_of_something_else_names_what_is_missing():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("notes.txt", "hello")
    assert "it has no tokens, attention_mask, attentions, meta." in refusal(file)


def test_shapes_that_do_not_fit_are_refused_with_what_is_expected():
    for changed, says in (
        ({"attentions": np.ones((2, 4, 3, 3))}, "attentions has the shape [2, 4, 3, 3]; it must be [B, L, H, T, T]"),
        (
            {"attentions": np.ones((1, 2, 4, 3, 2))},
            "attentions has the shape [1, 2, 4, 3, 2]; it must be [B, L, H, T, T]",
        ),
        ({"attentions": np.ones((1, 2, 4, 2, 3))}, "attentions has the shape [1, 2, 4, 2, 3]"),
        ({"attentions": np.zeros((1, 2, 4, 0, 0))}, "attentions is empty"),
        ({"attentions": np.zeros((0, 2, 4, 3, 3))}, "attentions is empty"),
        ({"tokens": np.array(["my", "own", "run"])}, "tokens has the shape [3]; it must be [1, 3]"),
        ({"tokens": np.array([["a", "b"]])}, "tokens has the shape [1, 2]; it must be [1, 3]"),
        ({"attention_mask": np.ones(3)}, "attention_mask has the shape [3]"),
        ({"attention_mask": np.ones((1, 4))}, "attention_mask has the shape [1, 4]; it must be [1, 3]"),
        ({"meta": np.array(["{}"])}, "meta has the shape [1]; it must be []"),
        ({"given_mask": np.ones((1, 2))}, "given_mask has the shape [1, 2]; it must be [1, 3] or [1, 3, 3]"),
        ({"scores": np.ones((1, 2, 4, 3))}, "scores has the shape"),
        ({"additive_mask": np.ones(3)}, "additive_mask has the shape [3]; it must be [1, 1, 3, 3] or [1, 2, 3, 3]"),
        ({"allowed": np.ones((1, 3, 3, 3))}, "allowed has the shape [1, 3, 3, 3]"),
        ({"value_norms": np.ones((1, 2, 4))}, "value_norms has the shape [1, 2, 4]; it must be [1, 2, 4, 3]"),
        ({"position_ids": np.ones((1, 2))}, "position_ids has the shape [1, 2]"),
        ({"readouts": np.ones((1, 3))}, "readouts has the shape [1, 3]; it must be [N, 2]"),
        ({"readout_logits": np.ones((1, 4))}, "readout_logits has the shape [1, 4]"),
        (
            {"readouts": [[0, 0]], "readout_logits": np.ones((1, 2)), "vocabulary": ONE_WORD},
            "readout_logits has the shape [1, 2]; it must be [1, 1]",
        ),
        (
            {"meta": '{"model": {"n_layers": 3}}'},
            "attentions has the shape [1, 2, 4, 3, 3]; it must be [1, 3, 4, 3, 3]",
        ),
        ({"meta": '{"model": {"n_heads": 3}}'}, "attentions has the shape [1, 2, 4, 3, 3]; it must be [1, 2, 3, 3, 3]"),
    ):
        assert says in refusal(foreign(**changed)), changed


def test_values_that_cannot_be_a_runs_are_refused_with_what_is_allowed():
    for wrong in (1.5, 1.002, -0.1, np.nan, np.inf, -np.inf):
        attentions = np.full((1, 2, 4, 3, 3), 1 / 3)
        attentions[0, 1, 3, 2, 2] = wrong
        assert "attentions must lie between 0 and 1." in refusal(foreign(attentions=attentions)), wrong
    for changed, says in (
        ({"attention_mask": np.zeros((1, 3))}, "row 1 of attention_mask has no real token."),
        ({"attention_mask": np.array([[1, 0.5, 1]])}, "attention_mask holds other values than 0 and 1."),
        ({"attention_mask": np.array([[0, -10_000, 0]])}, "attention_mask holds other values than 0 and 1."),
        ({"given_mask": np.array([[1, np.nan, 1]])}, "given_mask holds other values than 0 and 1."),
        ({"word_ids": np.array([[0, 0.5, 1]])}, "word_ids holds other values than whole numbers."),
        (
            {"input_ids": np.array([[0, 1, 2**64 - 1]], dtype=np.uint64)},
            "input_ids holds other values than whole numbers.",
        ),
        ({"value_norms": np.full((1, 2, 4, 3), -1.0)}, "value_norms must hold lengths, 0 or more."),
        ({"value_norms": np.full((1, 2, 4, 3), np.nan)}, "value_norms must hold lengths, 0 or more."),
        ({"value_norms": np.full((1, 2, 4, 3), np.inf)}, "value_norms must hold lengths, 0 or more."),
        ({"scores": np.full((1, 2, 4, 3, 3), "x")}, "scores holds text; it must hold numbers."),
        ({"tokens": np.ones((1, 3))}, "tokens holds no text."),
        ({"tokens": np.array([[b"a", b"b", b"c"]])}, "tokens holds neither numbers nor text."),
        ({"meta": 1}, "meta holds no text."),
        ({"readouts": [[0, 3]], "readout_logits": [[1]], "vocabulary": ONE_WORD}, "readouts point outside the texts."),
        ({"readouts": [[-1, 0]], "readout_logits": [[1]], "vocabulary": ONE_WORD}, "readouts point outside the texts."),
        ({"vocabulary": np.frombuffer(b'{"a": 1}', np.uint8)}, "vocabulary must be a JSON list of words."),
        ({"vocabulary": np.frombuffer(b'["a', np.uint8)}, "vocabulary is not JSON text."),
    ):
        assert says in refusal(foreign(**changed)), changed


def test_a_meta_that_a_page_could_not_use_is_refused_with_the_field():
    for meta, says in (
        ("{", "meta is not JSON text."),
        ("[" * 100_000, "meta is not JSON text."),
        ("1" * 5_000, "meta is not JSON text."),
        ("[]", "meta is not a JSON object."),
        ({"format": 3}, "it has the format 3; this version reads 1 and 2."),
        ({"format": "2"}, "format in meta must be a whole number."),
        ({"format": True}, "format in meta must be a whole number."),
        ({"texts": ["one", "two"]}, "texts must be a list of 1 texts."),
        ({"texts": []}, "texts must be a list of 1 texts."),
        ({"texts": [5]}, "texts must be a list of 1 texts."),
        ({"texts": "a"}, "texts must be a list of 1 texts."),
        ({"texts": ["\ud800"]}, "texts must be a list of 1 texts."),
        ({"padding_side": "up"}, "padding_side in meta must be left or right."),
        ({"padding_side": ["left"]}, "padding_side in meta must be left or right."),
        ({"truncated": [1]}, "truncated must be a list of 1 times true or false."),
        ({"truncated": [True, False]}, "truncated must be a list of 1 times true or false."),
        ({"entries": 5}, "entries must be a list of names."),
        ({"model": 5}, "model in meta must be a name or a JSON object."),
        ({"model": "\ud800"}, "checkpoint of the model in meta must be text."),
        ({"model": {"checkpoint": None}}, "checkpoint of the model in meta must be text."),
        ({"model": {"family": 1}}, "family of the model in meta must be text."),
        ({"model": {"revision": []}}, "revision of the model in meta must be text."),
        ({"model": {"weights": "Random"}}, "weights of the model in meta must be pretrained or random."),
        ({"model": {"causal": 1}}, "causal of the model in meta must be true or false."),
        ({"model": {"n_layers": True}}, "n_layers of the model in meta must be a number from 1."),
        ({"model": {"n_heads": "4"}}, "n_heads of the model in meta must be a number from 1."),
        ({"model": {"max_positions": 10**400}}, "max_positions of the model in meta must be a number from 1."),
        ({"model": {"max_positions": 0}}, "max_positions of the model in meta must be a number from 1."),
        ({"model": {"mask_token": 103}}, "mask_token of the model in meta must be text or null."),
    ):
        assert says in refusal(foreign(meta=meta if isinstance(meta, str) else json.dumps(meta))), meta
