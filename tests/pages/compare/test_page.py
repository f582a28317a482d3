"""The page Compare two runs without a browser: pairs, moved heads and answers against plain transformers."""

import base64
import json
import struct

import numpy as np
import pytest
import torch

from pages.compare import form
from tests import hand_made
from tests.model import plain
from tests.pages.batch.test_page import count_passes
from tests.pages.driver import assert_no_failure, figure, html, messages, open_app, press, table, title
from viz.files import saved
from viz.names import head_title
from viz.shipped import ALL_SHIPPED, MODELS_FOLDER

PAGE = "pages/compare/page.py"
SENTENCE = "The turtle moves slow across the [MASK]."
SWAPPED = "The turtle slow moves across the [MASK]."
BEGINNING = "The turtle moves slow across the"
TO_SWAPPED = [0, 1, 2, 4, 3, 5, 6, 7, 8, 9]  # where each token of the first text stands in the second


@pytest.fixture(scope="module")
def swap(bert) -> tuple[np.ndarray, np.ndarray]:
    """Give the maps of both texts by plain transformers, ``[L, H, T, T]``, those of B in the order of A."""
    a, b = (plain.output(bert, plain.tokenized(bert, [text]))[0][0] for text in (SENTENCE, SWAPPED))
    return a, b[:, :, TO_SWAPPED][..., TO_SWAPPED]


def shown_changes(app) -> dict[str, float]:
    shown = table(app, "moved")
    return dict(zip(shown["head"], shown["moved"]))


def difference_z(app) -> np.ndarray:
    """Give the numbers of the difference as they are sent, ``[P, P]``."""
    z = figure(app, "compare_map_2")["data"][-1]["z"]
    cells = np.frombuffer(base64.b64decode(z["bdata"]), dtype=z["dtype"])
    return cells.reshape([int(n) for n in z["shape"].split(",")])


def board(app) -> dict:
    data = next(e.proto.bytes for e in app.get("bidi_component") if "compare_board" in e.proto.id)
    (length,) = struct.unpack("<I", data[:4])
    return json.loads(data[4 : 4 + length])


def assert_changes(app, expected: np.ndarray) -> None:
    shown = shown_changes(app)
    assert len(shown) == expected.size
    for (layer, head), change in np.ndenumerate(expected):
        assert shown[head_title(layer, head)] == pytest.approx(change, abs=1e-6), (layer, head)
    assert list(shown.values()) == sorted(shown.values(), reverse=True)


def fill(app, **fields: str):
    """Type into the forms and ask: ``text_a=…``, ``model_b=…``, ``hidden_b=…``."""
    for name, value in fields.items():
        key = f"compare_{name}"
        field = next(f for f in (*app.text_area, *app.text_input, *app.selectbox) if f.key == key)
        field.set_value(value)
    return press(app, "Compare")


def upload(app, side: str, run, name: str = "mine.npz"):
    data = run if isinstance(run, bytes) else saved.as_bytes(run)
    app.file_uploader(key=f"compare_file_{side}").set_value((name, data, "application/octet-stream")).run()
    assert_no_failure(app)
    return app


def test_it_opens_with_two_texts_their_tokens_paired_and_their_heads_compared(swap):
    app = open_app(PAGE)
    a, b = swap
    assert_changes(app, np.abs(b - a).sum(axis=-1).mean(axis=-1) / 2)
    assert "Paired: 10 of 10 tokens of A, 10 of 10 of B." in " ".join(messages(app.caption))
    assert "same word at another place" in html(app) and "without a partner" not in html(app)
    assert [title(app, f"compare_map_{n}") for n in range(3)] == ["Layer4_Head11 · L3H10"] * 3
    in_order_of_b = np.argsort(TO_SWAPPED)
    expected = (b - a)[3, 10][in_order_of_b][:, in_order_of_b]
    np.testing.assert_allclose(difference_z(app), expected, atol=6e-5)
    layer = figure(app, "compare_map_2")["data"][-1]
    assert layer["zmin"] == -layer["zmax"] == pytest.approx(-np.abs(expected).max(), abs=1e-6)
    assert layer["colorscale"][3] == [0.5, "#ffffff"]


def test_joined_heads_are_compared_as_their_mean(swap):
    app = open_app(PAGE, joined="heads", head="Layer2_Head5")
    a, b = (maps.mean(axis=1) for maps in swap)
    moved = np.abs(b - a).sum(axis=-1).mean(axis=-1) / 2
    expected = {f"Layer{layer + 1}: mean over its heads": change for layer, change in enumerate(moved)}
    assert shown_changes(app) == pytest.approx(expected, abs=1e-6)
    assert board(app)["columns"] == 1
    assert [title(app, f"compare_map_{n}") for n in range(3)] == ["Layer2: mean over its heads"] * 3
    in_order_of_b = np.argsort(TO_SWAPPED)
    np.testing.assert_allclose(difference_z(app), (b - a)[1][in_order_of_b][:, in_order_of_b], atol=6e-5)
    assert app.query_params["head"] == "Layer2_Head5"
    app.radio(key="view_joined").set_value("").run()
    assert_no_failure(app)
    assert title(app, "compare_map_2") == "Layer2_Head5 · L1H4"
    assert len(shown_changes(app)) == 72


def test_special_tokens_are_left_out_of_both_sides(swap):
    app = open_app(PAGE, hide="special")
    a, b = (maps[:, :, 1:9, 1:9] for maps in swap)
    moved = np.abs(b - a).sum(axis=-1).mean(axis=-1) / 2
    expected = {f"{head_title(*at)} · no special tokens": change for at, change in np.ndenumerate(moved)}
    assert shown_changes(app) == pytest.approx(expected, abs=1e-6)
    assert difference_z(app).shape == (8, 8)
    assert "Paired: 10 of 10 tokens of A" in " ".join(messages(app.caption))


def test_the_board_says_the_tables_numbers_and_its_scale():
    app = open_app(PAGE)
    shown = shown_changes(app)
    assert sorted(board(app)["titles"]) == sorted(f"{head}: {change:.4f}" for head, change in shown.items())
    assert board(app)["ends"] == ["0", f"{max(shown.values()):.3f}"]


def test_what_the_measure_is_stands_above_the_board():
    said = " ".join(messages(open_app(PAGE).caption))
    assert "half of what its weights on paired keys differ by, plus half of what goes to keys without a partner" in said


def test_a_word_that_is_put_in_stands_alone_and_what_goes_to_it_has_moved(bert):
    longer = "The old turtle moves slow across the [MASK]."
    app = open_app(PAGE, text_a=SENTENCE, text_b=longer)
    a, b = (plain.output(bert, plain.tokenized(bert, [text]))[0][0] for text in (SENTENCE, longer))
    assert b.shape[-1] == 11
    paired = [0, 1, *range(3, 11)]
    rows = b[:, :, paired]
    moved = (np.abs(rows[..., paired] - a).sum(axis=-1) + rows[..., 2]) / 2
    assert_changes(app, moved.mean(axis=-1))
    assert "Paired: 10 of 10 tokens of A, 10 of 11 of B." in " ".join(messages(app.caption))
    assert "without a partner" in html(app)


def test_a_hidden_token_is_compared_with_the_same_text_without_that(bert):
    app = press(open_app(PAGE), "Example: two masks")
    inputs = plain.tokenized(bert, [SENTENCE])
    a = plain.output(bert, inputs)[0][0]
    inputs["attention_mask"][0, 3] = 0
    b, logits = plain.output(bert, inputs)
    assert_changes(app, np.abs(b[0] - a).sum(axis=-1).mean(axis=-1) / 2)
    np.testing.assert_allclose(difference_z(app), (b[0] - a)[3, 10], atol=6e-5)
    assert "4 hidden" in html(app)
    assert (app.query_params["hide_b"], "hide_a" in app.query_params) == ("4", False)
    shares = torch.softmax(torch.tensor(logits[0, 7]), -1).numpy()
    after = dict(zip(table(app, "rank")["word"], table(app, "rank")["after (B)"]))
    assert max(after.values()) == pytest.approx(shares.max(), abs=1e-5)


def test_two_models_are_compared_by_words_and_what_differs_is_said(bert):
    app = press(open_app(PAGE), "Example: two models")
    gpt2 = plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)
    a = plain.output(bert, plain.tokenized(bert, [SENTENCE]))[0][0][:, :, 1:7]
    b = plain.output(gpt2, plain.tokenized(gpt2, [BEGINNING]))
    moved = np.abs(b[0][0] - a[..., 1:7]).sum(axis=-1) + a[..., [0, 7, 8, 9]].sum(axis=-1)
    assert_changes(app, (moved / 2).mean(axis=-1))
    said = " ".join(messages(app.info))
    assert "B reads from left to right and A both ways" in said and "different families" in said
    assert "Paired: 6 of 10 tokens of A, 6 of 6 of B." in " ".join(messages(app.caption))
    after = dict(zip(table(app, "rank")["word"], table(app, "rank")["after (B)"]))
    shares = torch.softmax(torch.tensor(b[1][0, -1]), -1).numpy()
    for word in ("river", "field"):
        (token,) = gpt2.tokenizer(f" {word}")["input_ids"]
        assert after[word] == pytest.approx(shares[token], abs=1e-5)
    assert "compared as they are written" in " ".join(messages(app.caption))


def test_the_address_opens_both_questions_and_the_head():
    asked = {"text_a": "My [MASK] ran.", "text_b": "The dog [MASK].", "model_b": "headlight-bert", "hide_b": "2, 3"}
    app = open_app(PAGE, **asked, head="L0H5")
    assert title(app, "compare_map_2") == "Layer1_Head6 · L0H5"
    written = {name: app.query_params[name] for name in asked}
    again = open_app(PAGE, **written, head=app.query_params["head"])
    assert [figure(again, f"compare_map_{n}") for n in range(3)] == [figure(app, f"compare_map_{n}") for n in range(3)]
    assert again.text_area(key="compare_text_b").value == "The dog [MASK]."
    assert again.text_input(key="compare_hidden_b").value == "2, 3"


def test_what_an_address_leaves_out_of_b_is_as_in_a():
    app = open_app(PAGE, text_a="My [MASK] ran.", hide_b="2")
    assert app.text_area(key="compare_text_b").value == "My [MASK] ran."
    assert app.text_input(key="compare_hidden_a").value == ""


def test_a_text_too_long_for_an_address_stays_out_of_it_and_how_to_keep_it_is_said():
    text = "cat " * 100 + "?" * 1_200
    app = open_app(PAGE, text_a="short")
    fill(app, text_b=text)
    assert messages(app.error)[0].startswith("B: Text 1 has")  # more than the model reads
    assert "text_b" not in app.query_params and app.query_params["text_a"] == "short"
    fill(app, text_b="x" * 1_501)  # one word no vocabulary knows
    assert any("download the run as a file" in said for said in messages(app.caption))
    assert "text_b" not in app.query_params


def test_each_error_names_its_side_and_the_last_answer_stays():
    app = open_app(PAGE)
    before = shown_changes(app)
    fill(app, text_a="", text_b=SWAPPED)
    assert messages(app.error)[0].startswith("A: There is no text.")
    assert shown_changes(app) == before
    fill(app, text_a=SENTENCE, hidden_b="two")
    assert messages(app.error)[0] == (
        "B: 'two' names no tokens. Write the numbers that stand under them, parted by commas, for example: 4 or 2, 5"
    )
    fill(app, hidden_b="4, 99")
    assert messages(app.error)[0].startswith("B: The tokens at positions 99 do not exist")
    fill(app, hidden_b="0")
    assert messages(app.error)[0].startswith("B: The tokens at positions 0 do not exist")
    assert shown_changes(app) == before
    fill(app, hidden_b="")
    assert not app.error


def test_another_head_makes_no_pass(monkeypatch):
    app = open_app(PAGE)
    passes = count_passes(monkeypatch)
    app.number_input(key="layer_number").set_value(5).run()
    app.text_input(key="head_name").set_value("Layer6_Head1").run()
    assert (title(app, "compare_map_2"), passes) == ("Layer6_Head1 · L5H0", [])


def test_models_of_other_shapes_are_compared_where_both_have_a_head(tiny_bert_folder):
    app = open_app(PAGE, text_a="the cat sat", model_b=str(tiny_bert_folder), head="Layer3_Head3")
    said = " ".join(messages(app.info))
    assert "A has 6 layers of 12 heads, B 2 of 3. Compared are the 2 x 3 that both have" in said
    assert len(shown_changes(app)) == 6
    assert title(app, "compare_map_2") == "Layer2_Head3 · L1H2"  # the nearest that both have
    assert "does not exist: this model has 2 layers of 3 heads" in messages(app.warning)[0]


def test_texts_without_a_token_in_common_are_shown_and_not_compared():
    app = open_app(PAGE, text_a="Dogs ran", model_a="headlight-gpt2", text_b="It is cold")
    assert "no token that looks" in " ".join(messages(app.info)).lower()
    charts = [chart.proto.id for chart in app.get("plotly_chart")]
    assert [any(key.endswith(f"-compare_map_{n}") for key in charts) for n in range(3)] == [True, True, False]
    assert len(table(app, "rank")) >= 3  # what follows is guessed all the same


def test_runs_that_guess_at_no_place_in_common_have_no_answer_to_compare():
    app = open_app(PAGE, text_a="the cat sat", text_b="the dog [MASK]")
    assert any("guess no word at the same place" in said for said in messages(app.info))


def test_several_masks_are_followed_one_at_a_time(bert):
    text = "The [MASK] moves across the [MASK]."
    app = open_app(PAGE, text_a=text, text_b=f"Now {text}")
    assert app.selectbox(key="compare_guess").options == ["at 3 [MASK]", "at 7 [MASK]"]
    app.selectbox(key="compare_guess").set_value((1, 1)).run()
    assert_no_failure(app)
    logits = plain.output(bert, plain.tokenized(bert, [text]))[1][0, 6]
    before = dict(zip(table(app, "rank")["word"], table(app, "rank")["before (A)"]))
    assert max(before.values()) == pytest.approx(torch.softmax(torch.tensor(logits), -1).max().item(), abs=1e-5)
    assert app.query_params["guess"] == "2"
    for guess, chosen in (("2", (1, 1)), ("9", (0, 0)), ("-1", (0, 0)), ("x", (0, 0))):
        again = open_app(PAGE, text_a=text, text_b=f"Now {text}", guess=guess)
        assert again.selectbox(key="compare_guess").value == chosen, guess


def test_a_saved_run_stands_beside_a_typed_text_and_gives_way_when_told():
    weights = np.random.default_rng(2).dirichlet(np.ones(4), size=(2, 1, 2, 4)).astype(np.float32)
    tokens = (("the", "cat", "sat", "[PAD]"), ("the", "turtle", "moves", "."))
    run = hand_made.run(
        [[1, 1, 1, 0], [1] * 4],
        model=hand_made.model_info(1, 2),
        batch_fields={"tokens": tokens, "texts": ("the cat sat", "the turtle moves.")},
        attentions=weights,
    )
    app = upload(open_app(PAGE), "b", run)
    assert "B is the saved run mine.npz." in messages(app.caption)
    assert "text_b" not in app.query_params
    assert len(shown_changes(app)) == 2
    assert "Paired: 1 of 10 tokens of A, 1 of 3 of B. Padding is left out" in " ".join(messages(app.caption))
    app.selectbox(key="compare_row_B").set_value(1).run()
    assert "Paired: 4 of 10 tokens of A, 4 of 4 of B." in " ".join(messages(app.caption))
    fill(app, text_a="the turtle sat")
    assert "Paired: 2 of 5 tokens of A, 2 of 4 of B." in " ".join(messages(app.caption))
    press(app, "Back to the typed text")
    assert len(shown_changes(app)) == 72 and app.query_params["text_b"] == SWAPPED


def test_two_saved_runs_are_compared_without_a_pass(monkeypatch):
    a, b = (
        hand_made.run([[1, 1]], attentions=np.array([[[weights]]], np.float32), batch_fields={"tokens": (("x", "y"),)})
        for weights in ([[0.75, 0.25], [0.5, 0.5]], [[0.25, 0.75], [0.5, 0.5]])
    )
    app = open_app(PAGE)
    passes = count_passes(monkeypatch)
    upload(upload(app, "a", a, "a.npz"), "b", b, "b.npz")
    assert shown_changes(app) == {"Layer1_Head1 · L0H0": 0.25}
    assert difference_z(app).tolist() == [[-0.5, 0.5], [0, 0]]
    assert passes == []


def test_a_file_that_is_no_run_is_refused_by_its_side_and_the_last_answer_stays():
    app = open_app(PAGE)
    before = shown_changes(app)
    upload(app, "a", b"PK nonsense", "broken.npz")
    assert messages(app.error)[0].startswith("A: 'broken.npz' is not a saved run")
    assert shown_changes(app) == before


def test_translators_are_compared_kind_by_kind(tiny_translator_folder, monkeypatch):
    folder = str(tiny_translator_folder)
    monkeypatch.setattr(form, "OFFERED", (*ALL_SHIPPED, folder))  # a test can choose only what is listed
    app = open_app(PAGE, model_a=folder, model_b=folder, text_a="the old cat", text_b="the cat")
    assert app.segmented_control(key="compare_kind").value == "cross"
    assert len(shown_changes(app)) == 12
    assert "queries (target)" in html(app) and "keys (source)" in html(app)
    app.segmented_control(key="compare_kind").set_value("encoder").run()
    assert_no_failure(app)
    assert app.query_params["kind"] == "encoder"
    assert len(shown_changes(app)) == 6
    assert title(app, "compare_map_2").startswith("Encoder Layer")
    again = open_app(PAGE, model_a=folder, model_b=folder, text_a="the old cat", text_b="the cat", kind="encoder")
    assert shown_changes(again) == shown_changes(app)


def test_a_translator_hides_nothing_here_and_has_no_kind_in_common_with_a_bert(tiny_translator_folder):
    app = open_app(PAGE, model_a=str(tiny_translator_folder), text_a="the cat", hide_a="2", model_b="headlight-bert")
    assert messages(app.error)[0].startswith(f"A: {tiny_translator_folder} has an encoder and a decoder")
    app = open_app(PAGE, model_a=str(tiny_translator_folder), text_a="the cat", model_b="headlight-bert")
    assert messages(app.error) == [
        "The kinds of attention in A are: encoder, decoder, cross; in B: self. None is in both, so there is nothing to "
        "compare. Choose two models of one stack, or two encoder-decoders."
    ]


def test_the_shipped_translator_is_offered():
    assert form.OFFERED == ALL_SHIPPED


def test_random_weights_are_warned_of_and_stamped(untrained_bert_folder):
    app = open_app(PAGE, text_a="the cat", model_b=str(untrained_bert_folder))
    assert any("random, not trained" in message for message in messages(app.warning))
    assert board(app)["words"]["stamp"] == "random weights"
    assert "random weights" in json.dumps(figure(app, "compare_map_2")["layout"]["annotations"])


def test_tokens_are_shown_as_they_are():
    nasty = "<script>alert(1)</script> $x$ :red[x] 😀 我们 مرحبا"
    app = open_app(PAGE, text_a=nasty, text_b=f"the {nasty}", model_a="headlight-gpt2")
    assert "<script>" not in html(app)
    assert "Paired: " in " ".join(messages(app.caption))


def test_the_runs_and_the_heads_can_be_taken_along():
    app = open_app(PAGE)
    names = {button.proto.label for button in app.get("download_button")}
    assert names == {"These heads as CSV", "Run A as .npz", "Run B as .npz"}


def test_an_opened_run_can_be_put_on_either_side():
    """The seam for lists of runs: what they point to is an opened file."""
    run = hand_made.run([[1, 1]])
    opened = form.OpenedFile.of("from a list", saved.as_bytes(run))
    assert form.SideQuestion(file=opened).run().batch.texts == run.batch.texts
