"""The page Test a claim without a browser: the verdict and its numbers, every way to give sentences, every refusal."""

import shutil

import numpy as np
import pytest
import torch

from pages.ui import question
from tests.known_heads import TURTLE, write_known_heads
from tests.model import plain
from tests.pages.batch.test_page import count_passes
from tests.pages.driver import assert_no_failure, figure, messages, open_app, press, table, title
from viz.analysis.claims.text import READY
from viz.engine import models
from viz.shipped import MODELS_FOLDER, SHIPPED

PAGE = "pages/claim/page.py"
ADVERBS = READY[0].text
ONE = "The turtle _moves_ *slow* across the [MASK]."


@pytest.fixture
def known(tmp_path) -> bytes:
    """Give a saved run of others: four entries, the known heads of bert-base in chance maps."""
    write_known_heads(tmp_path / "run.npz", rows=(TURTLE,))
    return (tmp_path / "run.npz").read_bytes()


@pytest.fixture(scope="module")
def opened():
    """Give the page as it opens, for tests that only read it."""
    return open_app(PAGE)


def ask(app, *, text: str | None = None, head: str | None = None, model: str | None = None):
    if text is not None:
        app.text_area(key="claim_text").set_value(text)
    if head is not None:
        app.text_input(key="claim_head").set_value(head)
    if model is not None:
        app.selectbox(key="claim_model").set_value(model)
    return press(app, "Test")


def numbers(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def upload(app, *files: tuple[str, bytes]):
    app.file_uploader(key="claim_files").set_value([(*file, "application/octet-stream") for file in files]).run()
    assert_no_failure(app)
    return app


def test_it_opens_with_a_claim_that_holds(opened):
    app = opened
    assert messages(app.success) == [
        "**Holds: Layer4_Head11 · L3H10 looks most from the query word at the key word in 10 of 10 sentences "
        "(luck: 1.4; p = 3.5e-9), also when the order is swapped (5 of 5).**"
    ]
    assert numbers(app)["hits"] == "10 / 10" and numbers(app)["swapped order"] == "5 / 5"
    assert table(app, "looks most at")["result"].tolist() == ["✓ hit"] * 10
    assert title(app) == "Layer4_Head11 · L3H10"
    assert pytest.approx(3.5e-9, rel=0.02) == (7**-10)  # ten hits among seven candidates each


def test_the_weights_are_those_of_plain_transformers(opened):
    torch.set_num_threads(1)
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    inputs = plain.tokenized(model, ["The turtle moves slow across the road."])
    tokens = model.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
    maps = plain.output(model, inputs)[0][0]
    expected = maps[3, 10, tokens.index("slow"), tokens.index("moves")]
    assert table(opened, "looks most at")["at the key"][0] == pytest.approx(expected, abs=1e-5)


def test_without_a_head_all_are_searched_and_p_is_corrected():
    app = ask(open_app(PAGE), head="")
    assert "for the best of 72 heads" in messages(app.success)[0]
    assert float(numbers(app)["p, corrected"]) == pytest.approx(1 - (1 - 7**-10) ** 72, rel=0.02)
    assert app.query_params["claim"] == "any"
    assert any("test it on other sentences" in message for message in messages(app.caption))


def test_a_head_that_does_not_do_it_is_not_shown_and_has_its_rank():
    app = ask(open_app(PAGE), head="L0H0")
    assert messages(app.error)[0].startswith("**Not shown: Layer1_Head1 · L0H0 looks most at the key word in")
    assert int(numbers(app)["rank of this head"]) > 5
    best = [button.label.replace("\\", "") for button in app.button if (button.key or "").startswith("best_")]
    assert len(best) == 6 and best[-1].endswith("←")
    assert title(app) == "Layer1_Head1 · L0H0"


def test_a_head_that_follows_position_is_found_out():
    text = "\n".join(line for line in ADVERBS.splitlines() if line.index("_") < line.index("*"))
    app = ask(open_app(PAGE), text=text, head="Layer2_Head10")
    assert messages(app.warning)[0].startswith("**Follows position, not the word: Layer2_Head10")
    rules = table(app, "always looks at")
    assert dict(zip(rules["always looks at"], rules["hits"]))["the previous word"] == "5 of 5"
    assert numbers(app)["swapped order"] == "–"


def test_another_head_opens_its_map_and_leaves_the_verdict_and_makes_no_pass(monkeypatch):
    app = open_app(PAGE)
    passes, verdict = count_passes(monkeypatch), messages(app.success)
    second = next(button for button in app.button if (button.key or "").startswith("best_") and button.label[0] == "2")
    second.click().run()
    assert title(app) == second.label.replace("\\", "").removeprefix("2. ").split(":")[0]
    app.number_input(key="layer_number").set_value(1).run()
    app.selectbox(key="claim_sentence").set_value(3).run()
    assert "quickly" in figure(app, "head_map")["layout"]["yaxis"]["ticktext"]
    assert (passes, messages(app.success)) == ([], verdict)
    assert (app.query_params["prompt"], app.query_params["claim"]) == ("4", "Layer4_Head11")


def test_the_row_of_the_query_is_framed(opened):
    layout = figure(opened, "head_map")["layout"]
    frame = next(shape for shape in layout["shapes"] if shape["type"] == "rect")
    assert layout["yaxis"]["ticktext"][round((frame["y0"] + frame["y1"]) / 2)] == "slow"


def test_the_address_opens_claim_sentence_and_another_head():
    text = "A dog _runs_ *fast*.\nA cat *slowly* _moves_."
    app = open_app(PAGE, text=text, claim="L3H10", head="Layer1_Head4", prompt="2", model="headlight-bert")
    assert title(app) == "Layer1_Head4 · L0H3"
    assert "slowly" in figure(app, "head_map")["layout"]["yaxis"]["ticktext"]
    assert numbers(app)["hits"].endswith("/ 2")
    assert app.text_input(key="claim_head").value == "L3H10"


def test_a_head_alone_in_the_address_is_the_one_that_is_tested():
    app = open_app(PAGE, head="Layer1_Head4")
    assert app.text_input(key="claim_head").value == "Layer1_Head4"
    assert title(app) == "Layer1_Head4 · L0H3"


@pytest.mark.parametrize("model", ["headlight-bert", "headlight-gpt2"])
def test_every_ready_example_is_judged_by_both_models(model):
    app = open_app(PAGE, model=model, claim="any", text=ONE)
    for ready in READY:
        app.button(key=f"example_{ready.name}").click().run()
        assert_no_failure(app)
        judged = numbers(app).get("hits", "").endswith(f"/ {len(table(app, 'looks most at'))}")
        assert judged or messages(app.error)[0].startswith("The model reads from left to right"), ready.name


def test_gpt2_leaves_out_what_it_cannot_see_and_says_so():
    app = ask(open_app(PAGE), model="headlight-gpt2")
    assert messages(app.info) == [
        "5 sentences are left out: their keys stand behind the query, where this model cannot look."
    ]
    assert len(table(app, "looks most at")) == 5


def test_words_that_are_split_are_named_with_their_pieces():
    torch.set_num_threads(1)
    tokenizer = plain.load(MODELS_FOLDER / "headlight-bert", causal=False).tokenizer
    pieces = tokenizer.tokenize("unhurriedly")
    assert len(pieces) > 1
    app = ask(open_app(PAGE), text="The turtle _moves_ *unhurriedly* across the road.")
    said = " ".join(messages(app.caption))
    assert f"unhurriedly = {' + '.join(pieces)}. Attention is summed over the pieces of a key and averaged" in said


def test_a_template_makes_sentences_and_tests_them():
    app = open_app(PAGE)
    app.number_input(key="claim_n").set_value(12).run()
    app.button(key="claim_fill").click().run()
    lines = app.text_area(key="claim_text").value.splitlines()
    assert len(lines) == len(table(app, "looks most at")) == 12
    assert lines[:2] == ["The turtle _moves_ *slowly* across the road.", "The turtle *slowly* _moves_ across the road."]
    assert messages(app.success)[0].startswith("**Holds: Layer4_Head11")


def test_a_template_without_its_list_is_refused_beside_it():
    app = open_app(PAGE)
    app.text_area(key="claim_lists").set_value("animal: dog").run()
    assert messages(app.error)[0].startswith("The template and its lists do not fit together: 'verb' has no list.")
    assert len(app.metric) == 5


def test_words_are_marked_by_clicking():
    app = open_app(PAGE)
    query, key = (
        next(p for p in app.get("button_group") if p.key.startswith(f"claim_{name}_")) for name in ("query", "key")
    )
    query.set_value(3)
    key.set_value(2)
    app.run()
    assert app.code[0].value == "The turtle _moves_ *slow* across the road."
    app.button(key="claim_only").click().run()
    assert app.text_area(key="claim_text").value == "The turtle _moves_ *slow* across the road."
    assert numbers(app)["hits"] == "1 / 1"


def test_the_known_head_of_a_saved_run_hits_with_its_weight(known, monkeypatch):
    app = ask(open_app(PAGE), text=ONE, head="Layer4_Head11")
    passes = count_passes(monkeypatch)
    upload(app, ("monday.npz", known))
    assert passes == []
    row = table(app, "looks most at").iloc[0]
    assert (row["result"], row["looks most at"]) == ("✓ hit", "moves")
    assert row["at the key"] == pytest.approx(0.87, abs=1e-6)
    assert numbers(app)["rank of this head"] == "1"
    assert "slow: 0.87 at moves" in " ".join(messages(app.markdown))
    assert any("Tested on saved runs: monday.npz" in message for message in messages(app.caption))


def test_a_saved_run_without_the_sentence_says_so_and_the_last_claim_stays(known):
    app = upload(open_app(PAGE), ("monday.npz", known))
    assert messages(app.error)[0].startswith("None of the 1 texts that were run consists of the words of this sentence")
    assert numbers(app)["hits"] == "10 / 10"
    app.file_uploader(key="claim_files").clear().run()
    assert not app.error


def test_a_file_that_is_no_run_is_refused_and_the_last_claim_stays(known):
    app = upload(ask(open_app(PAGE), text=ONE, head="Layer4_Head11"), ("monday.npz", known))
    upload(app, ("monday.npz", known), ("broken.npz", b"PK nonsense"))
    assert messages(app.error)[-1].startswith("'broken.npz' is not a saved run")
    assert table(app, "looks most at").iloc[0]["at the key"] == pytest.approx(0.87, abs=1e-6)
    ask(app)
    assert "broken" not in " ".join(messages(app.error))
    assert table(app, "looks most at").iloc[0]["at the key"] != pytest.approx(0.87, abs=1e-6)
    assert app.session_state["asked_claim"].files == app.session_state["last_claim"].files == (), "the bytes are free"


def test_a_model_that_is_gone_is_said_and_the_last_claim_stays(tiny_bert_folder, tmp_path, monkeypatch):
    folder = tmp_path / "model"
    shutil.copytree(tiny_bert_folder, folder)
    monkeypatch.setattr(question, "SHIPPED", (*SHIPPED, str(folder)))  # AppTest cannot choose what is no option
    app = open_app(PAGE, text="the _cat_ *sat*", head="L0H0", model=str(folder))
    before = numbers(app)
    shutil.rmtree(folder)
    models._loaded.clear()  # one that is loaded goes on without its files
    ask(app, text="the _dog_ *ran*")
    assert messages(app.error)[-1].startswith("There is no model") and messages(app.caption)[-1].startswith("Below is")
    assert numbers(app) == before
    app.number_input(key="layer_number").set_value(2).run()
    assert_no_failure(app)
    assert title(app).startswith("Layer2_")


BAD_SENTENCES = {
    "": "There is no sentence.",
    "The turtle moves slow.": "Line 1 marks 0 query words and 0 key words",
    f"{ONE}\n*a* *b* _c_": "Line 2 marks 2 query words and 1 key words",
    f"{ONE}\n" * 201: "There are 201 sentences; at most 200",
    "*a* _b_ " + "the " * 600: "Text 1 has",
    "*a* _b_ " + "x" * 10_001: "The text has",
    "*tur*_tle_ moves": "Query and key share a token",
}
BAD_HEADS = {"Layer13_Head1": "Layer13_Head1 does not exist", "the best": "'the best' is not the name of a head"}


def test_bad_sentences_and_heads_are_refused_in_words_and_the_last_verdict_stays():
    app = open_app(PAGE)
    for text, sentence in BAD_SENTENCES.items():
        ask(app, text=text)
        assert messages(app.error)[0].startswith(sentence)
        assert app.text_area(key="claim_text").value == text
        assert numbers(app)["hits"] == "10 / 10"
    for head, sentence in BAD_HEADS.items():
        ask(app, text=ADVERBS, head=head)
        assert messages(app.error)[0].startswith(sentence)
        assert app.text_input(key="claim_head").value == head
        assert numbers(app)["hits"] == "10 / 10"


STRANGE = (
    "*😀* likes _我们_ .",
    "*<script>* alert _(1)_",
    "*$x$* is _:red[x]_",
    "*مرحبا* and _Дом_",
    "_[MASK]_ is *so*",
    "*a* _b_",
)


def test_any_marked_sentence_is_judged():
    app = open_app(PAGE)
    for text in STRANGE:
        ask(app, text=text)
        assert numbers(app)["hits"].endswith("/ 1"), text


def test_random_weights_are_warned_of(untrained_bert_folder):
    app = open_app(PAGE, text="the _cat_ *sat*", head="L0H0", model=str(untrained_bert_folder))
    assert any("random, not trained" in message for message in messages(app.warning))


def test_the_mean_weight_is_the_mean_of_the_table(opened):
    assert float(numbers(opened)["mean weight at the key"]) == pytest.approx(
        np.mean(table(opened, "looks most at")["at the key"]), abs=6e-4
    )
