"""A view is chosen once and holds for every map, table and file of the page, and in the address."""

import base64

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from transformers import AutoModelForMaskedLM, AutoTokenizer

from tests.model import plain as plain_models
from tests.pages.driver import assert_no_failure, figure, messages, open_app, title
from viz.shipped import MODELS_FOLDER

SENTENCE = "The unhappiest turtles moved [MASK]."
CAPTION = "These maps are made from the model's: "


@pytest.fixture(scope="module")
def plain() -> tuple[list[str], np.ndarray]:
    """Give plain transformers' tokens and attention, float64 ``[L, H, T, T]``."""
    folder = MODELS_FOLDER / "headlight-bert"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForMaskedLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    inputs = tokenizer(SENTENCE, return_tensors="pt")
    with torch.inference_mode():
        attentions = model(**inputs, output_attentions=True).attentions
    tokens = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0].tolist())
    return tokens, torch.stack(attentions)[:, 0].double().numpy()


def by_words(tokens: list[str], weights: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Merge pieces as the page says: mean over queries, sum over keys, each written as a product of matrices."""
    starts = [at for at, token in enumerate(tokens) if not token.startswith("##")]
    belongs = np.array(
        [[start <= at < end for at in range(len(tokens))] for start, end in zip(starts, [*starts[1:], 99])]
    )
    mean = belongs / belongs.sum(axis=1, keepdims=True)
    names = ["".join(tokens[at].removeprefix("##") for at in np.flatnonzero(row)) for row in belongs]
    return names, mean @ weights @ belongs.T


def shown(app: AppTest) -> np.ndarray:
    """Give the numbers of the head's map, ``[Q, K]``."""
    weights = figure(app, "head_map")["data"][-1]["z"]
    if isinstance(weights, dict):
        decoded = np.frombuffer(base64.b64decode(weights["bdata"]), weights["dtype"])
        return decoded.reshape([int(n) for n in weights["shape"].split(",")])
    return np.array(weights)


def test_words_are_merged_on_the_map_in_the_table_and_in_the_address(plain):
    app = open_app(text=SENTENCE, head="L1H3")
    app.toggle(key="view_words").set_value(True).run()
    assert_no_failure(app)
    names, expected = by_words(*plain)
    assert len(names) < len(plain[0])
    assert title(app) == "Layer2_Head4 · L1H3 · words"
    np.testing.assert_allclose(shown(app), expected[1, 3], atol=1e-4)
    assert app.query_params["words"] == "1"
    assert any(said.startswith(CAPTION + "pieces merged into words") for said in messages(app.caption))


@pytest.mark.parametrize(
    "joined, axes, name", [("heads", 1, "Layer2: mean over its heads"), ("layers", 0, "Head4: mean over the layers")]
)
def test_the_address_opens_a_mean(plain, joined, axes, name):
    app = open_app(text=SENTENCE, head="L1H3", joined=joined)
    assert title(app) == name
    np.testing.assert_allclose(shown(app), plain[1].mean(axis=axes)[1 if axes else 3], atol=1e-4)


def test_rollout_is_the_product_of_the_layers(plain):
    app = open_app(text=SENTENCE, head="Layer6_Head1", joined="rollout")
    flow = np.eye(len(plain[0]))
    for weights in plain[1]:
        flow = (weights.mean(axis=0) + np.eye(len(flow))) / 2 @ flow
    np.testing.assert_allclose(shown(app), flow, atol=1e-4)


def test_special_tokens_are_left_out_of_every_map(plain):
    app = open_app(text=SENTENCE, head="L1H3", hide="special")
    np.testing.assert_allclose(shown(app), plain[1][1, 3, 1:-1, 1:-1], atol=1e-4)
    app = open_app(text=SENTENCE, head="L1H3", hide="renormalised")
    inner = plain[1][1, 3, 1:-1, 1:-1]
    np.testing.assert_allclose(shown(app), inner / inner.sum(axis=1, keepdims=True), atol=1e-4)


def test_the_head_that_was_open_comes_back_when_heads_are_no_longer_joined():
    app = open_app(text=SENTENCE, head="L1H3", joined="all")
    assert title(app) == "mean over all heads"
    app.radio(key="view_joined").set_value("").run()
    assert title(app) == "Layer2_Head4 · L1H3"
    assert "joined" not in app.query_params


def test_a_view_that_is_none_is_the_models_own():
    app = open_app(text=SENTENCE, head="L1H3", joined="sum", hide="maybe", words="yes")
    assert title(app) == "Layer2_Head4 · L1H3"
    assert not any(said.startswith(CAPTION) for said in messages(app.caption))


@pytest.mark.parametrize(
    "page",
    [
        "batch",
        "generation",
        "training",
        "board",
        "claim",
        "switch_off",
        "attribution",
        "patching",
        "positions",
        "cross",
    ],
)
def test_every_page_with_maps_takes_the_view(page):
    app = open_app(f"pages/{page}/page.py", words="1", hide="special", joined="rollout", part="heads")
    assert "rollout" in title(app) or page == "cross"
    assert any(said.startswith(CAPTION) for said in messages(app.caption))


@pytest.fixture(scope="module")
def brought() -> np.ndarray:
    """Give ‖α·f(x)‖ of all heads, ``[L, H, Q, K]``, by plain transformers."""
    model = plain_models.load(MODELS_FOLDER / "headlight-bert", causal=False)
    return plain_models.brought(model, plain_models.tokenized(model, [SENTENCE]))[0]


def test_the_address_opens_contributions_with_their_sentence_formula_and_table(plain, brought):
    app = open_app(text=SENTENCE, head="L1H3", shown="contribution")
    assert title(app) == "Layer2_Head4 · L1H3 · contribution"
    np.testing.assert_allclose(shown(app), brought[1, 3], atol=1e-4)
    assert figure(app, "head_map")["data"][-1]["zmax"] == pytest.approx(brought[1, 3].max(), rel=1e-5)
    tokens, weights = plain
    by_weight = weights[1, 3].mean(axis=0)
    by_contribution = (brought[1, 3] / brought[1, 3].sum(axis=1, keepdims=True)).mean(axis=0)
    at = int(np.abs(by_weight - by_contribution).argmax())
    sentence = f"gets {by_weight[at]:.2f} of the weight and {by_contribution[at]:.2f} of the contribution"
    said = [message.replace("\\", "") for message in messages(app.markdown)]
    assert any(f"{tokens[at]} {sentence}" in message for message in said)
    captions = [message.replace("\\", "") for message in messages(app.caption)]
    assert any("‖α·f(x)‖ = α·‖(x W_V + b_V) W_O‖" in message and "Kobayashi" in message for message in captions)
    assert any(message.startswith("Most different: Layer") for message in captions)


def test_weights_and_contributions_are_changed_by_a_click_and_stay_in_the_address(brought):
    app = open_app(text=SENTENCE, head="L1H3", words="1")
    choice = app.button_group(key="view_shown")
    assert choice.value == "weight"
    choice.set_value("contribution").run()
    assert_no_failure(app)
    assert app.query_params["shown"] == "contribution"
    assert title(app) == "Layer2_Head4 · L1H3 · contribution"
    np.testing.assert_allclose(shown(app), brought[1, 3], atol=1e-4)
    app.button_group(key="view_shown").set_value("weight").run()
    assert title(app) == "Layer2_Head4 · L1H3 · words"
    assert "shown" not in app.query_params


@pytest.mark.parametrize("page", ["batch", "board", "switch_off", "cross", "compare"])
def test_every_page_with_maps_takes_contributions(page):
    app = open_app(f"pages/{page}/page.py", shown="contribution")
    if page != "compare":
        assert title(app).endswith("· contribution")
