"""The page What is this head? without a browser: every part of it, another head, and where its links lead."""

import copy

import numpy as np
import pytest
import torch

from tests.known_heads import write_known_heads
from tests.model import plain
from tests.pages.driver import assert_no_failure, messages, open_app, press, table, title
from viz.shipped import MODELS_FOLDER

PAGE = "pages/head/page.py"
SENTENCE = "The turtle moves slow across the [MASK]."


@pytest.fixture(scope="module")
def opened():
    return open_app(PAGE)


def said(app) -> str:
    return "\n".join([*messages(app.markdown), *messages(app.info), *messages(app.caption)])


def test_it_opens_with_the_adverb_head_its_map_and_who_found_it(opened):
    assert title(opened).startswith("Layer4_Head11 · L3H10")
    assert "**An adverb looks at its verb.**" in said(opened)
    assert "weight 0.97; an even look: 0.07. Headlight 2026, Heads: The card of headlight-bert" in said(opened)
    assert dict(opened.query_params) == {"text": SENTENCE, "model": "headlight-bert", "head": "Layer4_Head11"}


def test_its_jobs_stand_with_their_ranks_as_plain_transformers_give_them(opened):
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    weights = plain.output(model, plain.tokenized(model, [SENTENCE]))[0][0]  # [L, H, Q, K]
    before = np.diagonal(weights, offset=-1, axis1=-2, axis2=-1).mean(axis=-1)
    jobs = table(opened, "job").set_index("job")
    row = jobs.loc["previous token"]
    assert row["value"] == pytest.approx(float(before[3, 10]), abs=1e-6)
    assert (row["rank"], row["of"]) == (1 + int((before > before[3, 10]).sum()), 72)
    assert row["an even look"] == pytest.approx(1 / weights.shape[-1])
    assert "mass on padding" not in jobs.index


def test_without_it_the_answer_is_that_of_a_model_whose_head_is_zero(opened):
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    cut = copy.deepcopy(model)
    with torch.no_grad():
        cut.model.bert.encoder.layer[3].attention.output.dense.weight[:, 160:176] = 0
    inputs = plain.tokenized(model, [SENTENCE])
    at = inputs["input_ids"][0].tolist().index(model.tokenizer.mask_token_id)
    p, q = (torch.tensor(plain.output(of, inputs)[1][0, at]).double().softmax(-1) for of in (model, cut))
    best = int(p.argmax())
    kl = float((p * (p / q).log2()).sum())
    word = model.tokenizer.convert_ids_to_tokens(best)
    assert f"Probability of **{word}**: **{p[best]:.1%} → {q[best]:.1%}**; KL divergence {kl:.4f} bits" in said(opened)


def test_claims_and_findings_are_measured_once_they_are_asked_for():
    app = open_app(PAGE)
    assert not [element for element in app.dataframe if "claim" in element.value.columns]
    app.session_state["head_claims_open"] = True
    app.session_state["head_again_open"] = True
    app.run()
    assert_no_failure(app)
    claims = table(app, "claim").set_index("claim")
    assert claims.loc["An adverb looks at its verb (with the order swapped)", "hits"] == "10 / 10"
    assert "found again" in said(app) and "rank 1 of 72 in 78 sentences" in said(app)


def test_another_head_brings_its_own_numbers_and_an_address_names_it():
    app = open_app(PAGE, head="L1H9", text="The cat sleeps.", model="headlight-bert")
    assert title(app).startswith("Layer2_Head10 · L1H9")
    assert "A token looks at the one before it." in said(app)
    assert "There is no [MASK] in the text." in said(app)  # so there is no answer to lose
    app.number_input(key="head_number").set_value(1).run()
    assert_no_failure(app)
    assert "Nothing was written about this head" in said(app)


def links_here(app) -> list:
    return [link for link in app.get("page_link") if link.proto.page == "head"]


def test_a_link_at_every_map_leads_here_with_model_text_and_head():
    app = open_app("pages/switch_off/page.py")
    (link,) = links_here(app)
    assert link.proto.query_string.startswith("model=headlight-bert&head=Layer2_Head10&text=The+turtle+moves")
    assert not links_here(open_app(PAGE))


def test_a_wrong_model_is_said_and_the_last_head_stays():
    app = open_app(PAGE)
    app.text_input(key="head_text").set_value("")
    app = press(app, "Run")
    assert "There is no text." in "\n".join(messages(app.error))
    assert title(app).startswith("Layer4_Head11")


def test_a_saved_run_of_bert_says_what_was_found_of_the_open_head(tmp_path):
    write_known_heads(tmp_path / "run.npz")
    app = open_app("pages/saved/page.py", head="L7H9")
    data = (tmp_path / "run.npz").read_bytes()
    app.file_uploader(key="saved_upload").set_value(("run.npz", data, "application/octet-stream")).run()
    assert_no_failure(app)
    assert title(app).startswith("Layer8_Head10 · L7H9")
    assert "A direct object looks at its verb. (Clark et al. 2019)" in messages(app.caption)


def test_a_button_leads_to_the_strongest_texts_of_this_head_in_this_model():
    app = press(
        open_app(PAGE, model="headlight-gpt2", text="It will rain in the", head="L5H9"),
        "Its strongest texts in a corpus",
    )
    assert (app.query_params["model"], app.query_params["head"]) == ("headlight-gpt2", "Layer6_Head10")
