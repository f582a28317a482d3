"""The page Training: seen and scored without a browser: its numbers are plain transformers', and nothing is lost."""

import base64
import re

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.model.training.script import SEED, SHARE, TEXTS, WAYS, losses_by_hand, plain_way, script
from tests.pages.driver import figure, html, messages, open_app, press, table, title
from viz.engine import forward, training

PAGE = "pages/training/page.py"
ASKED = {"text": "\n".join(TEXTS), "seed": str(SEED), "share": str(SHARE)}


def ask(app: AppTest, text: str | None = None, **fields) -> AppTest:
    """Fill the form and run it; fields are named without their prefix."""
    if text is not None:
        app.text_area(key="training_text").set_value(text)
    kinds = {
        "model": app.selectbox,
        "seed": app.number_input,
        "share": app.number_input,
        "side": app.radio,
        "end": app.toggle,
    }
    for name, value in fields.items():
        kinds[name](key=f"training_{name}").set_value(value)
    return press(app, "Run")


def verdict(app: AppTest) -> str:
    return messages(app.info)[0]


def shown_losses(app: AppTest) -> list[float]:
    """Read the losses under the tokens: the last chip of each stack that is no blank."""
    return [float(text) for text in re.findall(r"<bdi>(\d+\.\d\d)</bdi></div></li>", html(app))]


def switch_way(app: AppTest, way: str) -> AppTest:
    app.segmented_control(key="training_way").set_value(way).run()
    assert not app.exception
    return app


def count_passes(monkeypatch) -> list:
    """Collect every pass for maps, and every batch of losses, the app computes from here on."""
    passes = []

    def counted(module, name: str) -> None:
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, **options: passes.append(name) or real(*a, **options))

    counted(forward, "run")
    counted(training, "_pass")
    counted(training, "unpadded")
    return passes


# --- the numbers


def test_it_opens_with_an_example_whose_verdict_has_numbers():
    app = open_app(PAGE)
    assert len(app.text_area(key="training_text").value.splitlines()) == 4
    assert re.match(
        r"Without the mask the real tokens .* \(Layer\d+_Head\d+: \d+%\), and the loss moves from ", verdict(app)
    )
    said = " ".join(messages(app.markdown))
    assert "Here: 5 masked, 2 random, 2 kept." in said and "Scored here: 9 of 56 positions." in said
    assert html(app).count('class="m"') == 5 + 1  # and one in the legend


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_the_four_losses_are_plain_transformers(family, side, request):
    second = request.getfixturevalue(family)
    app = open_app(PAGE, model=f"headlight-{family}", padding_side=side, **ASKED)
    inputs = script(second, TEXTS, causal=family == "gpt2", side=side)
    expected = [plain_way(second, inputs, *way)[0].loss.item() for way in WAYS]
    shown = table(app, "difference to the first")
    np.testing.assert_allclose(shown["loss"], expected, rtol=1e-5, atol=1e-5)
    for said, loss in zip(shown["difference to the first"], expected):
        assert abs(float(said) - (loss - expected[0])) < 0.006


def test_the_attention_on_padding_and_its_worst_head_are_plain_transformers(bert):
    app = open_app(PAGE, **ASKED)
    output, _labels, real = plain_way(bert, script(bert, TEXTS, causal=False), False, False)
    attentions, real = torch.stack(output.attentions, dim=1).numpy(), real.numpy()
    rows = [a[:, :, r][..., ~r].sum(axis=-1).mean(axis=-1) for a, r in zip(attentions, real) if not r.all()]
    of_heads = np.mean(rows, axis=0)
    layer, head = np.unravel_index(of_heads.argmax(), of_heads.shape)
    shown = table(app, "attention on padding")
    np.testing.assert_allclose(shown["attention on padding"], [0, 0, of_heads.mean(), of_heads.mean()], atol=1e-6)
    worst = f"{of_heads.max():.1%} · Layer{layer + 1}_Head{head + 1}"
    assert shown["head with most"].tolist() == ["none", "none", worst, worst]
    assert shown["gradient at padding"][0] == 0 < shown["gradient at padding"][2]


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize("name, way", [("right", WAYS[0]), ("scored", WAYS[1]), ("unseen", WAYS[2]), ("both", WAYS[3])])
def test_under_each_scored_token_stands_its_loss(name, way, family, request):
    second = request.getfixturevalue(family)
    causal = family == "gpt2"
    app = open_app(PAGE, model=f"headlight-{family}", way=name, **ASKED)
    output, labels, _real = plain_way(second, script(second, TEXTS, causal=causal), *way)
    each = losses_by_hand(output.logits.double().numpy(), labels.numpy(), causal=causal)
    expected = each[~np.isnan(each)]
    assert len(shown_losses(app)) == len(expected)
    np.testing.assert_allclose(shown_losses(app), expected, atol=0.006)
    assert f"**{output.loss.item():.4f}**" in " ".join(messages(app.markdown))


def test_labels_and_masks_are_the_collators(bert):
    app = open_app(PAGE, **ASKED)
    inputs = script(bert, TEXTS, causal=False)
    text = html(app)
    assert text.count('class="u"') == int((inputs["labels"] == -100).sum()) + 1  # and one in the legend
    assert text.count('class="l"') == int((inputs["labels"] != -100).sum()) + 1
    assert text.count('class="v"') == int(inputs["attention_mask"].sum()) + 1
    assert text.count('class="w"') == int((inputs["attention_mask"] == 0).sum()) + 1
    words = bert.tokenizer.convert_ids_to_tokens(inputs["input_ids"].flatten().tolist())
    ids = re.findall(r"<bdi>([^<]*)</bdi><small>(\d+)</small>", text)
    assert ids == [(word, str(i)) for word, i in zip(words, inputs["input_ids"].flatten().tolist())]


def test_one_at_a_time_the_sentences_have_the_loss_that_plain_transformers_gives_each(bert):
    shown = table(open_app(PAGE, **ASKED), "loss alone")
    inputs = script(bert, TEXTS, causal=False)
    expected = []
    for ids, labels, mask in zip(inputs["input_ids"], inputs["labels"], inputs["attention_mask"].bool()):
        with torch.no_grad():
            expected.append(bert.model(input_ids=ids[mask][None], labels=labels[mask][None]).loss.item())
    np.testing.assert_allclose(shown["loss alone"], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(shown["in the batch, mask given"], expected, rtol=1e-5, atol=1e-5)
    is_padded = ~inputs["attention_mask"].bool().all(dim=1).numpy()
    moved = np.abs(shown["in the batch, no mask"] - expected) > 1e-4
    assert moved.tolist() == is_padded.tolist()


def test_sentences_of_one_length_need_no_mask_and_the_page_says_so():
    app = press(open_app(PAGE), "Example: all of one length, for BERT")
    assert verdict(app).startswith("All sentences have one length")
    assert verdict(app).endswith("That is why some scripts get away without it.")
    assert table(app, "difference to the first")["difference to the first"].tolist() == ["0"] * 4
    assert "open_worst" not in [button.key for button in app.button]
    assert 'class="p"' not in html(app)


def test_the_trap_of_the_collator_shows_its_keys(bert):
    app = open_app(PAGE, **ASKED)
    code = app.code[0].value
    with_names, without = (script(bert, TEXTS, causal=False, lists=lists) for lists in (False, True))
    assert [set(re.findall(r"\w+", line)) for line in re.findall(r"# (.*)", code)] == [set(with_names), set(without)]
    assert "attention_mask" not in without


# --- a model that guesses the next word


def test_gpt2_is_told_nothing_about_the_ends_of_texts(gpt2):
    app = press(open_app(PAGE), "Example: next words, for GPT-2")
    assert verdict(app).startswith("This model reads from left to right")
    texts = app.text_area(key="training_text").value.splitlines()
    assert f"Real ends: {len(texts)}. Scored: 0." in " ".join(messages(app.markdown))
    inputs = script(gpt2, texts, causal=True)
    with torch.no_grad():
        logits = gpt2.model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits
    chances = [
        torch.softmax(row[n - 2], dim=-1)[gpt2.tokenizer.eos_token_id].item()
        for row, n in zip(logits, inputs["attention_mask"].sum(dim=1).tolist())
    ]
    name = "probability of the end, where the text ends"
    np.testing.assert_allclose(table(app, name)[name], chances, rtol=1e-4, atol=1e-6)
    assert html(app).count('class="e"') == len(texts) + 1


def test_each_token_of_gpt2_is_guessed_after_the_one_before_it():
    app = open_app(PAGE, model="headlight-gpt2", text="My dog is", end="0")
    stacks = [re.findall(r"<bdi>([^<]*)</bdi>", item) for item in re.findall(r"<li>(.*?)</li>", html(app))[1:]]
    assert [stack[:4] for stack in stacks] == [
        ["My", "1", "My", ""],
        ["␣dog", "1", "␣dog", "My"],
        ["␣is", "1", "␣is", "␣dog"],
    ]
    assert stacks[0][4] == "" and all(float(stack[4]) > 0 for stack in stacks[1:])


def test_without_the_end_token_nothing_teaches_gpt2_to_stop():
    app = ask(open_app(PAGE, model="headlight-gpt2"), end=False)
    assert any(
        text.startswith("No text of this batch ends with the token that fills it up") for text in messages(app.markdown)
    )
    assert app.query_params["end"] == "0"


def test_bert_is_not_asked_about_ends():
    assert "Does the model learn to stop?" not in [element.value for element in open_app(PAGE).header]


# --- choosing


def test_another_way_or_head_or_sentence_makes_no_pass(monkeypatch):
    app = open_app(PAGE, **ASKED)
    passes = count_passes(monkeypatch)
    before = shown_losses(app)
    switch_way(app, "both")
    assert shown_losses(app) != before and app.query_params["way"] == "both"
    assert 'class="w"' not in html(app)
    app.segmented_control(key="prompt_number").set_value(1).run()
    app.number_input(key="layer_number").set_value(1).run()
    app.toggle(key="map_told").set_value(True).run()
    assert app.query_params["prompt"] == "2" and title(app).startswith("Layer1_")
    assert passes == []


def test_counting_sees_passes_where_there_are_some(monkeypatch):
    app, passes = open_app(PAGE), count_passes(monkeypatch)
    ask(app, "A sentence nobody asked before, and long enough to be drawn from.\nShe ran.", share=0.9)
    assert passes.count("_pass") == 4 and passes.count("unpadded") == 1
    assert passes.count("run") == 4  # with and without the mask, for the losses and for the maps


def weights(app: AppTest) -> np.ndarray:
    """Decode the open head's map, ``[Q, K]``; NaN where no weight is drawn."""
    drawn = figure(app, "head_map")["data"][-1]["z"]
    return np.frombuffer(base64.b64decode(drawn["bdata"]), drawn["dtype"]).reshape(
        [int(n) for n in drawn["shape"].split(",")]
    )


def test_the_worst_head_opens_with_the_plain_weights_on_padding_and_the_mask_takes_them_away(bert):
    app = open_app(PAGE, **ASKED)
    button = app.button(key="open_worst")
    layer, head = map(int, re.search(r"L(\d+)H(\d+)", button.label).groups())
    button.click().run()
    assert title(app).endswith(f"L{layer}H{head}")
    row = int(app.query_params["prompt"]) - 1
    inputs = script(bert, TEXTS, causal=False)
    real = inputs["attention_mask"].bool().numpy()[row]
    assert not real.all()
    expected = plain_way(bert, inputs, False, False)[0].attentions[layer][row, head].numpy()
    np.testing.assert_allclose(weights(app)[real], expected[real], atol=6e-4)
    app.toggle(key="map_told").set_value(True).run()
    expected = plain_way(bert, inputs, True, False)[0].attentions[layer][row, head].numpy()
    np.testing.assert_allclose(weights(app)[real][:, real], expected[real][:, real], atol=6e-4)
    assert np.isnan(weights(app)[:, ~real]).all()


def test_an_address_brings_all_of_it_back(bert):
    address = {
        "model": "headlight-bert",
        "padding_side": "left",
        "way": "unseen",
        "prompt": "3",
        "head": "L4H5",
        **ASKED,
    }
    app = open_app(PAGE, **address)
    assert app.number_input(key="training_seed").value == SEED and app.radio(key="training_side").value == "left"
    assert title(app) == "Layer5_Head6 · L4H5"
    again = open_app(PAGE, **{name: app.query_params[name] for name in app.query_params})
    assert verdict(again) == verdict(app) and shown_losses(again) == shown_losses(app)


@pytest.mark.parametrize(
    "address",
    [{"seed": "x"}, {"seed": "9" * 400}, {"share": "nan"}, {"share": "much"}, {"padding_side": "up"}, {"way": "?"}],
)
def test_an_address_that_is_no_question_opens_the_example(address):
    app = open_app(PAGE, **address)
    assert not app.error
    assert verdict(app) == verdict(open_app(PAGE))


def test_another_page_and_back_keeps_the_sentences():
    app = ask(open_app(PAGE), "The cat sat on the mat.\nThe bird sings.", seed=3, share=0.5)
    app.switch_page("pages/same_alone/page.py").run()
    app.switch_page(PAGE).run()
    assert app.text_area(key="training_text").value == "The cat sat on the mat.\nThe bird sings."
    assert app.number_input(key="training_seed").value == 3
    assert not app.exception


# --- bad input


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"text": ""}, "There is no text."),
        ({"text": " \n\n "}, "There is no text."),
        ({"text": "She was happy.\n" * 17}, "There are 17 sentences; a training batch has at most 16 here."),
        ({"text": "cat " * 2_500}, "Text 1 has 2,502 tokens; this model reads"),
        ({"text": "x" * 10_001}, "The text has 10,001 characters"),
        (
            {"text": "the cat sat on the mat " * 15 + "\n" + "She was happy.\n" * 13},
            "A training batch of 14 x 92 tokens has 1,288 positions",
        ),
        ({"seed": -1}, "seed is -1. Give a number with 0 ≤ seed ≤ 4294967295."),
        ({"share": 2.0}, "mlm_probability is 2.0. Give a number with 0 < mlm_probability ≤ 1."),
        ({"share": 1e-9}, "With the seed 0 and a share of 1e-09 no token is drawn to be scored"),
        (
            {"text": "The [MASK] sat.", "model": "headlight-gpt2"},
            "headlight-gpt2 reads from left to right and has no [MASK]",
        ),
        ({"text": "a", "model": "headlight-gpt2", "end": False}, "No token has a label and a token before it"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words_and_the_last_answer_stays(fields, sentence):
    app = open_app(PAGE)
    before = verdict(app)
    ask(app, **fields)
    assert messages(app.error)[0].startswith(sentence)
    assert verdict(app) == before
    if "text" in fields:
        assert app.text_area(key="training_text").value == fields["text"]


def test_an_unknown_model_is_named_and_the_sentences_stay():
    app = open_app(PAGE, model="./nowhere", text="She was happy.")
    assert messages(app.error)[0].startswith("There is no model './nowhere'.")
    assert app.text_area(key="training_text").value == "She was happy."


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>\nShe was happy.",
        "$x^2$ :red[x] **b**\n[a](b)",
        "😀 مرحبا 我们 is here\nyes it is",
        "[MASK]\nShe [MASK] happy.",
    ],
)
@pytest.mark.parametrize("model", ["headlight-bert", "headlight-gpt2"])
def test_any_text_is_only_text(text, model):
    app = open_app(PAGE, text=text, model=model, share="0.9")
    if "[MASK]" in text and model == "headlight-gpt2":
        assert messages(app.error)[0].startswith("headlight-gpt2 reads from left to right")
        return
    assert not app.error and verdict(app)
    assert "<script" not in html(app)


def test_untrained_weights_are_called_random(untrained_bert_folder):
    app = open_app(PAGE, model=str(untrained_bert_folder), text="the cat sat on the mat\nthe dog ran", share="0.5")
    assert any(
        message.startswith("The weights of this model are random, not trained") for message in messages(app.warning)
    )
    assert not open_app(PAGE).warning
