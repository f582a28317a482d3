"""The page Where is the order? without a browser: every part against plain transformers, its address, bad input."""

import base64

import numpy as np
import pytest
import torch
import transformers as tf

from pages.ui import question
from tests.model import plain
from tests.model.families import write
from tests.model.translators import t5, t5_tokenizer
from tests.pages.driver import figure, messages, open_app, press, table, title
from viz.analysis.positions.orders import places
from viz.engine.requests import FollowWords, MeasureOffsets
from viz.engine.service import answer
from viz.shipped import MODELS_FOLDER, SHIPPED

PAGE = "pages/positions/page.py"
SENTENCE = "The dog that chased the small cat slept in the [MASK]."


def cells(app, key: str) -> np.ndarray:
    """Give the numbers of a heat map as the browser gets them."""
    z = figure(app, key)["data"][0]["z"]
    return np.frombuffer(base64.b64decode(z["bdata"]), dtype=z["dtype"]).reshape(
        [int(n) for n in z["shape"].split(",")]
    )


def test_the_table_of_the_model_is_drawn_number_by_number():
    app = open_app(PAGE, part="tables")
    weight = tf.AutoModel.from_pretrained(MODELS_FOLDER / "headlight-bert", dtype=torch.float32)
    np.testing.assert_array_equal(
        cells(app, "position_table_map"), weight.embeddings.position_embeddings.weight.detach().numpy()
    )
    assert "headlight-bert knows positions in this way: learned." in "".join(messages(app.markdown))
    assert table(app, "this model")["this model"].tolist() == ["✓", "–", "–", "–", "–", "–"]
    assert cells(app, "position_computed_map").shape == (128, 192)


def test_a_model_that_cannot_be_loaded_leaves_the_last_tables(monkeypatch):
    monkeypatch.setattr(question, "SHIPPED", (*SHIPPED, "no/such"))
    app = open_app(PAGE, part="tables")
    app.selectbox(key="positions_model").set_value("no/such")
    press(app, "Run")
    assert app.error and cells(app, "position_table_map").shape == (128, 192)


def test_an_address_opens_model_text_and_part():
    app = open_app(PAGE, part="tables", model="headlight-gpt2", text="It was a")
    assert (app.text_area(key="positions_text").value, app.query_params["part"]) == ("It was a", "tables")
    assert "headlight-gpt2 knows positions" in said(app)


def said(app) -> str:
    return "\n".join(messages(app.markdown))


@pytest.fixture(scope="module")
def bert():
    return plain.load(MODELS_FOLDER / "headlight-bert", causal=False)


def shares(second: plain.Plain, ids: list[int], positions: list[int]) -> torch.Tensor:
    """Give the probabilities at the one [MASK], for tokens told these positions."""
    inputs = {"input_ids": torch.tensor([ids]), "position_ids": torch.tensor([positions])}
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    logits = plain.output(second, inputs)[1][0, ids.index(second.tokenizer.mask_token_id)]
    return torch.tensor(logits).double().softmax(-1)


def check_answer(app, second, positions) -> None:
    ids = second.tokenizer(SENTENCE)["input_ids"]
    before, after = figure(app, "order_shift_0")["data"]
    words = second.tokenizer.convert_tokens_to_ids([name.split(" ", 1)[1] for name in before["y"]])
    usual = shares(second, ids, list(range(len(ids))))
    np.testing.assert_allclose(before["x"], usual[words].numpy(), atol=1e-6)
    np.testing.assert_allclose(after["x"], shares(second, ids, positions)[words].numpy(), atol=1e-6)


def test_it_opens_with_shuffled_positions_and_the_models_own_numbers(bert):
    app = open_app(PAGE)
    tokens = bert.tokenizer.convert_ids_to_tokens(bert.tokenizer(SENTENCE)["input_ids"])
    goes = places(np.array([token not in ("[CLS]", "[SEP]", "[MASK]") for token in tokens]), 0)
    check_answer(app, bert, goes.tolist())
    assert "Of their attention the heads gave" in said(app)
    assert (app.query_params["change"], app.query_params["seed"], app.query_params["part"]) == (
        "shuffled",
        "0",
        "order",
    )


def test_an_address_says_which_order(bert):
    app = open_app(PAGE, change="shifted", shift="7")
    n_tokens = len(bert.tokenizer(SENTENCE)["input_ids"])
    check_answer(app, bert, list(range(7, 7 + n_tokens)))
    app.radio(key="order_change").set_value("equal").run()
    check_answer(app, bert, [0] * n_tokens)
    assert app.query_params["change"] == "equal"


def test_another_shuffle_is_one_click():
    app = press(open_app(PAGE, change="words", seed="4"), "Another shuffle")
    assert (app.number_input(key="order_seed").value, app.query_params["seed"]) == (5, "5")
    before, after = [figure(app, f"order_map_{n}")["data"][-1]["y"] for n in (0, 1)]
    assert before != after and sorted(n.split(" ", 1)[1] for n in before) == sorted(n.split(" ", 1)[1] for n in after)


def test_a_shift_beyond_the_table_says_what_is_allowed():
    app = open_app(PAGE, change="shifted", shift="500")
    assert "headlight-bert has 0 to 127. Move it by 0 to 114." in messages(app.error)[0]
    assert "Below is the usual order." in messages(app.caption)
    assert figure(app, "order_map_0")


@pytest.mark.parametrize("part", ["order", "heads", "distance", "forgotten"])
def test_bad_input_keeps_the_last_answer(part):
    app = open_app(PAGE, part=part)
    app.text_area(key="positions_text").set_value(" \n ")
    press(app, "Run")
    assert "There is no prompt" in messages(app.error)[0] and "Below is still the last answer." in messages(app.caption)
    assert app.get("plotly_chart")
    app.text_area(key="positions_text").set_value("the cat sat " * 100)
    press(app, "Run")
    assert "this model reads 128" in messages(app.error)[0] and app.get("plotly_chart")


def test_places_and_words_are_drawn_head_by_head():
    app = open_app(PAGE, part="heads")
    of = answer(FollowWords("headlight-bert", SENTENCE))
    points = [
        (tuple(head), x, y)
        for group in figure(app, "place_word_scatter")["data"]
        for head, x, y in zip(group.get("customdata", ()), group.get("x", ()), group.get("y", ()), strict=True)
    ]
    assert {head for head, _x, _y in points} == {(layer, head) for layer in range(6) for head in range(12)}
    for head, x, y in points:
        assert (x, y) == pytest.approx((of.word[head], of.place[head]), abs=1e-6)
    press(app, next(b.label for b in app.button if b.key and b.key.startswith("follow_place_")))
    assert title(app).startswith("Layer2_Head10 · L1H9")


def test_offsets_are_listed_and_the_open_head_has_its_profile():
    app = open_app(PAGE, part="distance", model="headlight-gpt2", text="It was cold today\nShe is here", head="L1H3")
    of = answer(MeasureOffsets("headlight-gpt2", ("It was cold today", "She is here")))
    profile = of.profiles(count_special=False)
    shown = table(app, "R²")["R²"].tolist()
    assert shown == sorted(shown, reverse=True) and shown[0] == pytest.approx(profile.explained.max())
    line = figure(app, "offset_profile")["data"][1]
    assert len(array(line["x"])) == len(profile.offsets)
    np.testing.assert_allclose(array(line["y"]), profile.mean[1, 3], atol=1e-6)
    assert "Special tokens are left out" in "".join(messages(app.caption))
    app.toggle(key="offsets_special").set_value(True).run()
    assert "Special tokens are counted" in "".join(messages(app.caption)) and app.query_params["special"] == "1"


def test_the_forgotten_position_ids_stand_beside_the_right_ones():
    app = press(open_app(PAGE), "Example: a GPT-2 without position_ids under left padding")
    assert app.query_params["part"] == "forgotten"
    texts = app.text_area(key="positions_text").value.splitlines()
    shown = table(app, "positions told → left out")
    second = plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)
    inputs = plain.tokenized(second, texts, "left")
    right = torch.tensor(plain.output(second, inputs)[1][:, -1]).double().softmax(-1)
    del inputs["position_ids"]
    wrong = torch.tensor(plain.output(second, inputs)[1][:, -1]).double().softmax(-1)
    n_tokens = inputs["attention_mask"].sum(-1).tolist()
    width = max(n_tokens)
    assert shown["positions told → left out"].tolist() == [f"0–{n - 1} → {width - n}–{width - 1}" for n in n_tokens]
    best = right.argmax(-1)
    rows = range(len(texts))
    np.testing.assert_allclose(shown["its probability told"], right[rows, best].numpy(), atol=5e-6)
    np.testing.assert_allclose(shown["left out"], wrong[rows, best].numpy(), atol=5e-6)
    words = [second.tokenizer.convert_ids_to_tokens(of.argmax(-1).tolist()) for of in (right, wrong)]
    expected = [f"{a} → {b}".replace("Ġ", "␣") for a, b in zip(*words, strict=True)]
    assert shown["best word told → left out"].tolist() == expected
    n_other = sum(a != b for a, b in zip(*words, strict=True))
    assert n_other >= 2 and f"and {n_other} of 3 prompts have another best word" in said(app)


def test_our_translator_has_the_computed_table():
    app = open_app(PAGE, part="tables", model="headlight-en-fr")
    ours, computed = cells(app, "position_table_map"), cells(app, "position_computed_map")
    np.testing.assert_allclose(ours, np.concatenate([computed[:, 0::2], computed[:, 1::2]], axis=1), atol=1e-3)
    assert any("first all sines, then all cosines" in caption for caption in messages(app.caption))


def test_a_model_of_two_stacks_shows_its_tables_and_says_why_nothing_else(tmp_path, monkeypatch):
    folder = str(write(tmp_path / "t5", t5, t5_tokenizer()))
    monkeypatch.setattr(question, "SHIPPED", (*SHIPPED, folder))
    app = open_app(PAGE, part="tables", model=folder)
    assert "bias by distance" in said(app)
    assert app.selectbox(key="position_table").options[0].startswith("encoder, bias by distance")
    assert cells(app, "position_table_map").shape[1] == 255
    app = open_app(PAGE, part="tables", model=folder, table="2")
    assert cells(app, "position_table_map").shape[1] == 128 and app.query_params["table"] == "2"
    app = open_app(PAGE, part="order", model=folder)
    assert "has an encoder and a decoder" in messages(app.error)[0]


def array(values):
    return (
        np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]) if isinstance(values, dict) else values
    )
