"""The page Which word decided? without a browser: its bars, its sum, its map, its address, and what goes wrong."""

import base64

import numpy as np
import pytest
import torch

from tests.model import plain
from tests.pages.driver import figure, html, messages, open_app, press, table
from viz.shipped import MODELS_FOLDER

PAGE = "pages/importance/page.py"


@pytest.fixture(scope="module")
def opened():
    """Give the page as it opens, for tests that only read it."""
    return open_app(PAGE)


def values(data: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(data["bdata"]), dtype=data["dtype"]) if isinstance(data, dict) else data


def bars(app) -> dict[str, list[float]]:
    """Give the three values of each word, by the names of its bars."""
    traces = figure(app, "importance_bars")["data"]
    return {name: [float(values(trace["x"])[at]) for trace in traces] for at, name in enumerate(traces[0]["y"])}


def test_it_opens_with_the_numbers_of_plain_transformers(opened):
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    inputs = plain.tokenized(model, ["She is reading a [MASK]."])
    attentions, logits = plain.output(model, inputs)
    best = int(logits[0, 5].argmax())
    shown = bars(opened)
    assert list(shown) == ["2 she", "3 is", "4 reading", "5 a", "7 ."]
    for name, (_gradient, lost, attention) in shown.items():
        position = int(name.split()[0]) - 1
        without = inputs["input_ids"].clone()
        without[0, position] = model.tokenizer.mask_token_id
        after = plain.output(model, inputs | {"input_ids": without})[1]
        assert lost == pytest.approx(float(logits[0, 5, best] - after[0, 5, best]), abs=1e-4)
        assert attention == pytest.approx(float(attentions[0, :, :, 5, position].mean()), abs=1e-6)
    without = torch.where(
        torch.isin(inputs["input_ids"], torch.tensor(model.tokenizer.all_special_ids)),
        inputs["input_ids"],
        model.tokenizer.mask_token_id,
    )
    nothing = plain.output(model, inputs | {"input_ids": without})[1][0, 5, best]
    difference = float(logits[0, 5, best] - nothing)
    assert sum(gradient for gradient, *_ in shown.values()) == pytest.approx(difference, rel=0.01)
    said = "\n".join(messages(opened.markdown))
    assert f"Answer {model.tokenizer.convert_ids_to_tokens(best)}." in said
    assert f"a difference of {difference:.4f}. Completeness error" in said
    assert figure(opened, "zeroing_map")["layout"]["title"]["text"] == "Layer6, value zeroing"


def test_the_address_carries_the_whole_question():
    text = "The dog [MASK] the [MASK]."
    app = open_app(PAGE, text=text, answer="cat", rival="man", mask="6", layer="Layer2")
    assert messages(app.markdown)[0].startswith("Answer cat against man.")
    assert app.selectbox(key="importance_mask").value == 1 and app.selectbox(key="zeroing_layer").value == 1
    asked = {"text": text, "answer": "cat", "rival": "man", "mask": "6", "layer": "Layer2", "model": "headlight-bert"}
    assert {name: app.query_params[name] for name in asked} == asked
    app.selectbox(key="zeroing_layer").set_value(0).run()
    assert app.query_params["layer"] == "Layer1"
    press(app, "Example: the next word, for GPT-2")
    assert "against" not in messages(app.markdown)[0] and "mask" not in app.query_params
    assert not app.error and app.query_params["model"] == "headlight-gpt2"
    assert "<|endoftext|> stands in its place" in "".join(messages(app.caption))


def test_an_answer_that_is_no_token_is_said_and_the_model_s_own_is_followed(opened):
    app = open_app(PAGE, answer="xyzzyplugh", rival="two words")
    assert [said.split(" is not one of")[0] for said in messages(app.error)] == ["'xyzzyplugh'", "'two words'"]
    assert bars(app) == bars(opened)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "There is no text."),
        ("The dog sat.", "There is no [MASK]"),
        ("a" * 10_001, "The text has 10,001 characters"),
    ],
)
def test_what_cannot_be_asked_leaves_the_last_answer(text, said):
    app = open_app(PAGE)
    before = bars(app)
    app.text_input(key="importance_text").set_value(text)
    press(app, "Run")
    assert messages(app.error)[0].startswith(said) and bars(app) == before


def test_a_text_without_words_is_told_so():
    app = open_app(PAGE, text="[MASK]")
    assert messages(app.error)[0].startswith("The text has no word that could have decided")


def test_markup_stays_text_in_bars_and_sentences():
    app = open_app(PAGE, text="<script>alert(1)</script> $x$ :red[x] [MASK]")
    assert not app.error and "<script" not in html(app)
    assert any("&lt;" in name for name in figure(app, "importance_bars")["data"][0]["y"])


def test_a_long_text_is_zeroed_when_it_is_asked_for():
    app = open_app(PAGE, text="the old dog and the cat sat near the river " * 7 + "and saw the [MASK].")
    assert not [chart for chart in app.get("plotly_chart") if chart.proto.id.endswith("-zeroing_map")]
    app.toggle(key="zeroing_wanted").set_value(True).run()
    assert figure(app, "zeroing_map")["layout"]["title"]["text"] == "Layer6, value zeroing"
    shown = bars(app)
    assert len(shown) == 40 and "Drawn are the 40 words" in "".join(messages(app.caption))


def test_the_table_lists_what_the_bars_show(opened):
    opened.session_state["importance_table_open"] = True
    opened.run()
    listed = table(opened, "occlusion")
    assert list(listed["word"]) == ["she", "is", "reading", "a", "."]
    np.testing.assert_allclose(
        listed[["integrated gradients", "occlusion", "attention"]].to_numpy(), list(bars(opened).values()), atol=1e-12
    )
