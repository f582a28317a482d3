"""The page Who wrote the answer? without a browser: the sum, the parts, the lens, and what is refused."""

import pytest
import torch

from tests.model import plain
from tests.pages.driver import figure, messages, open_app, press, table
from viz.shipped import MODELS_FOLDER

PAGE = "pages/attribution/page.py"
TEXT = "The boys near the house"


@pytest.fixture(scope="module")
def logits() -> dict[str, float]:
    """Give the next words' logits from plain transformers."""
    torch.set_num_threads(1)
    model = plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)
    values = plain.output(model, plain.tokenized(model, [TEXT]))[1][0, -1]
    return dict(zip(model.tokenizer.convert_ids_to_tokens(range(len(values))), values.tolist()))


def said(app) -> str:
    return "\n".join(messages(app.markdown))


def test_it_opens_with_the_models_two_best_words_and_parts_that_sum_to_their_difference(logits):
    app = open_app(PAGE)
    best = sorted(logits, key=logits.__getitem__, reverse=True)[:2]
    difference = logits[best[0]] - logits[best[1]]
    shown = [word.replace("Ġ", "␣") for word in best]
    assert f"logit(**{shown[0]}**) − logit(**{shown[1]}**)" in said(app)
    assert f"**{difference:+.4f}** in the model; 88 parts sum to {difference:+.4f}" in said(app).replace("−0", "-0")


def test_words_of_ones_own_are_shared_out_and_stand_in_the_address(logits):
    app = open_app(PAGE, text=TEXT, model="headlight-gpt2", answer="were", rival="was")
    difference = logits["Ġwere"] - logits["Ġwas"]
    assert f"**{difference:+.4f}** in the model; 88 parts sum to {difference:+.4f}" in said(app)
    app.session_state["attribution_table_open"] = True
    app.run()
    parts = table(app, "contribution")
    assert parts["contribution"].sum() == pytest.approx(difference, abs=1e-4)
    assert parts["part"].tolist()[:2] == ["MLP of Layer6", "MLP of Layer1"]
    heads, mlp = figure(app, "attribution_layers")["data"]
    assert len(heads["x"]) == 6 and mlp["name"] == "MLP"
    lens = table(app, "after")
    assert lens["after"].tolist() == ["embeddings", *(f"Layer{n}" for n in range(1, 7))]
    last = lens.iloc[-1]
    rank = 1 + sum(logit > logits["Ġwere"] for logit in logits.values())
    assert (last["rank of the answer (␣were)"], last["its logit"]) == (str(rank), f"{logits['Ġwere']:.2f}")
    assert (app.query_params["answer"], app.query_params["rival"]) == ("were", "was")


def test_a_word_that_is_no_token_is_said_and_the_last_answer_stays():
    app = open_app(PAGE)
    before = said(app)
    app.text_input(key="attribution_answer").set_value("two words")
    press(app, "Run")
    assert "two words" in messages(app.error)[0]
    assert said(app) == before


def test_a_masked_model_is_led_to_switching_heads_off():
    app = open_app(PAGE, text="The [MASK] sat.", model="headlight-bert")
    assert "not linear" in messages(app.error)[0]
    (link,) = [link for link in app.get("page_link") if link.proto.label == "Switch heads off for this text"]
    assert link.proto.page.startswith("switch_off")


def test_the_board_and_the_open_head_are_there():
    app = open_app(PAGE, head="L4H0")
    assert app.text_input(key="head_name").value == "Layer5_Head1"
    assert len(app.get("bidi_component")) >= 2  # the board, and its frame
