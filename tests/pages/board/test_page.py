"""The page Head board without a browser: its numbers, every control, files, comparisons, and no pass too many."""

import json
import struct

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.board import form
from tests.known_heads import SHORT, TURTLE, write_known_heads
from tests.model import families, plain
from tests.pages.batch.test_page import count_passes
from tests.pages.driver import assert_no_failure, figure, messages, open_app, press, table, title
from viz.engine.local import engine
from viz.engine.requests import Measure
from viz.names import head_title
from viz.shipped import MODELS_FOLDER

PAGE = "pages/board/page.py"
SENTENCE = "The turtle moves slow across the [MASK]."
SWAPPED = "The turtle slow moves across the [MASK]."


@pytest.fixture(scope="module")
def maps() -> np.ndarray:
    """Give the shipped BERT's maps of the first example, ``[L, H, Q, K]``, by plain transformers."""
    torch.set_num_threads(1)
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    return plain.output(model, plain.tokenized(model, [SENTENCE]))[0][0]


@pytest.fixture(scope="module")
def opened() -> AppTest:
    """Give the page as it opens, for tests that only read it."""
    return open_app(PAGE)


@pytest.fixture
def known(tmp_path) -> bytes:
    """Give a saved run of others: four entries, two texts, the known heads of bert-base in chance maps."""
    write_known_heads(tmp_path / "run.npz", rows=(TURTLE, SHORT))
    return (tmp_path / "run.npz").read_bytes()


def board(app: AppTest, key: str = "board_a") -> dict:
    """Give the header of a drawn board."""
    data = next(e.proto.bytes for e in app.get("bidi_component") if f"{key}" in e.proto.id)
    (length,) = struct.unpack("<I", data[:4])
    return json.loads(data[4 : 4 + length])


def values(app: AppTest, column: str) -> dict[str, float]:
    """Give a column of the table of heads, by head."""
    shown = table(app, column)
    return dict(zip(shown["head"], shown[column]))


def choose(app: AppTest, measure: str) -> AppTest:
    app.selectbox(key="board_measure").set_value(measure).run()
    assert_no_failure(app)
    return app


def upload(app: AppTest, name: str, data: bytes, side: str = "a") -> AppTest:
    app.file_uploader(key=f"board_file_{side}").set_value((name, data, "application/octet-stream")).run()
    assert_no_failure(app)
    return app


def measure_text(app: AppTest, text: str) -> AppTest:
    app.text_area(key="board_text_a").set_value(text)
    return press(app, "Measure")


def definition(app: AppTest) -> str:
    """Give what is said of the chosen job."""
    (said,) = [message for message in messages(app.markdown) if "Formula: " in message]
    return said


def test_it_opens_with_every_head_measured(maps, opened):
    n = maps.shape[-1]
    expected = np.mean([maps[:, :, q, q - 1] for q in range(1, n)], axis=0)
    shown = values(opened, "previous token")
    assert len(shown) == maps.shape[0] * maps.shape[1]
    for (layer, head), value in np.ndenumerate(expected):
        assert shown[head_title(layer, head)] == pytest.approx(value, abs=1e-5)
    best = np.unravel_index(expected.argmax(), expected.shape)
    assert next(iter(shown)) == head_title(*map(int, best))


def test_the_board_says_the_tables_numbers(opened):
    shown = values(opened, "previous token")
    assert sorted(board(opened)["titles"]) == sorted(f"{head}: {value:.4f}" for head, value in shown.items())


FORMULAS = {
    "self": ("itself", lambda a: np.mean([a[:, :, q, q] for q in range(10)], axis=0)),
    "first": ("first token, [CLS]", lambda a: a[:, :, :, 0].mean(axis=2)),
    "sep": ("[SEP] or punctuation", lambda a: a[:, :, :, [8, 9]].sum(axis=3).mean(axis=2)),
    "pair": ("from this word to that word", lambda a: a[:, :, 4, 3]),
    "entropy": ("entropy", lambda a: -(a * np.log2(np.maximum(a, 1e-30))).sum(axis=3).mean(axis=2)),
}


def test_every_measure_is_what_its_formula_says(maps):
    app = open_app(PAGE)
    for measure, (column, formula) in FORMULAS.items():
        choose(app, measure)
        expected = formula(maps)
        shown = values(app, column)
        assert len(shown) == expected.size
        for head, value in shown.items():
            layer, number = (int(part) for part in head.split("L")[-1].split("H"))
            assert value == pytest.approx(expected[layer, number], abs=1e-5), (measure, head)
    assert definition(app).endswith(f"has {np.log2(10):.3f}.")  # of entropy, the last one


def test_definition_formula_and_uniform_value_stand_beside_the_board(opened):
    said = definition(opened)
    assert "Attention at the token just before the query" in said
    assert "`mean over q of A[q, q-1]`" in said
    assert "evenly at all it may look at has 0.100." in said  # 1 of 10 tokens


def test_layers_with_windows_of_their_own_have_a_range_of_even_values(tmp_path):
    folder = families.write(tmp_path, families.modernbert, families.wordpiece())
    app = open_app(PAGE, **{"model": str(folder), "text": "the cat sat on the mat", "measure": "self"})
    # 8 tokens with [CLS] and [SEP]: 1/8; seen two to either side: (2/3 + 2/4 + 4/5) / 8
    assert "looks evenly at all it may look at has 0.125 to 0.246, by layer." in definition(app)


def test_special_tokens_are_left_out_on_request_and_it_is_said(maps):
    app = open_app(PAGE)
    assert "Special tokens are counted." in " ".join(messages(app.caption))
    app.toggle(key="board_special").set_value(False).run()
    assert "left out as queries and as keys" in " ".join(messages(app.caption))
    inner = np.mean([maps[:, :, q, q - 1] for q in range(2, 9)], axis=0)  # no [CLS], no [SEP]
    assert values(app, "previous token")["Layer2_Head10 · L1H9"] == pytest.approx(inner[1, 9], abs=1e-5)
    assert app.query_params["special"] == "0"


def test_random_words_come_from_a_link_and_show_the_induction_head():
    app = open_app(PAGE, repeated="0", model="headlight-gpt2", measure="induction")
    shown = values(app, "induction: after an earlier copy")
    assert next(iter(shown)) == "Layer6_Head10 · L5H9" and len(shown) == 72
    assert "A has random words of headlight-gpt2, each text written down twice (seed 0)" in " ".join(
        messages(app.caption)
    )
    assert "evenly at all it may look at has 0.034." in definition(app)
    assert app.query_params["repeated"] == "0"
    app.number_input(key="board_seed").set_value(1)
    app.button(key="board_random").click().run()
    assert_no_failure(app)
    assert app.query_params["repeated"] == "1"
    assert values(app, "induction: after an earlier copy") != shown
    press(app, "Measure")
    assert "repeated" not in app.query_params


def test_a_seed_in_a_link_that_is_none_asks_for_the_texts():
    for seed in ("-1", "x", "999999999999"):
        assert "repeated" not in open_app(PAGE, repeated=seed).query_params


def test_switching_makes_no_pass(monkeypatch):
    app = open_app(PAGE)
    passes = count_passes(monkeypatch)
    for measure in ("pair", "entropy", "padding"):
        choose(app, measure)
    app.toggle(key="board_special").set_value(False).run()
    app.number_input(key="layer_number").set_value(5).run()
    app.selectbox(key="board_order").set_value("place").run()
    assert title(app).startswith("Layer5_")
    assert passes == []


def test_the_filter_keeps_good_heads_and_empties_the_others():
    app = open_app(PAGE, bound="0.9")
    assert values(app, "previous token").keys() == {"Layer2_Head10 · L1H9"}
    assert "1 of 72 heads is within the bound." in messages(app.caption)
    assert [name for name in board(app)["names"] if name] == ["1.00"]
    choose(app, "entropy")
    assert app.number_input(key="board_bound").label == "Only heads with at most"
    assert all(value <= 0.9 for value in values(app, "entropy").values())


def test_heads_are_listed_in_other_orders():
    app = open_app(PAGE, order="last")
    shown = list(values(app, "previous token").values())
    assert shown == sorted(shown)
    app.selectbox(key="board_order").set_value("place").run()
    assert list(values(app, "previous token")) == [head_title(layer, head) for layer in range(6) for head in range(12)]
    assert app.query_params["order"] == "place"


def test_the_address_opens_measure_words_bound_and_head(maps):
    app = open_app(
        PAGE, measure="pair", query="slow", key="moves", head="Layer4_Head11", text=SENTENCE, model="headlight-bert"
    )
    assert [app.selectbox(key=f"board_word_{at}").value for at in (0, 1)] == ["slow", "moves"]
    assert title(app) == "Layer4_Head11 · L3H10"
    assert values(app, "from this word to that word")["Layer4_Head11 · L3H10"] == pytest.approx(
        maps[3, 10, 4, 3], abs=1e-5
    )
    assert (app.query_params["query"], app.query_params["measure"]) == ("slow", "pair")


NONSENSE = (
    {"measure": "nonsense", "bound": "x", "order": "?", "prompt": "99"},
    {"measure": "pair", "query": "cat", "key": "9" * 5_000, "bound": "-1", "prompt": "9" * 5_000},
    {"bound": "9" * 5_000, "prompt": "-1", "special": "?"},
)


def test_nonsense_in_the_address_does_no_harm():
    for query in NONSENSE:
        app = open_app(PAGE, **query)
        assert not app.error and len(app.dataframe) == 1, query
        assert app.number_input(key="board_bound").value is None


def test_another_word_of_a_pair_is_measured(maps):
    app = choose(open_app(PAGE), "pair")
    app.selectbox(key="board_word_1").set_value("turtle").run()
    assert values(app, "from this word to that word")["Layer1_Head1 · L0H0"] == pytest.approx(
        maps[0, 0, 4, 2], abs=1e-5
    )
    assert app.query_params["key"] == "turtle"


def test_a_list_of_texts_gives_mean_and_spread():
    one, both = open_app(PAGE), open_app(PAGE, text=f"{SENTENCE}\n{SWAPPED}")
    other = open_app(PAGE, text=SWAPPED)
    head = "Layer2_Head10 · L1H9"
    a, b = values(one, "previous token")[head], values(other, "previous token")[head]
    assert values(both, "previous token")[head] == pytest.approx((a + b) / 2, abs=1e-5)
    assert values(both, "± previous token")[head] == pytest.approx(abs(a - b) / 2, abs=1e-5)
    assert "Measured in 2 of 2 texts, the value is the mean over them." in " ".join(messages(both.caption))


def test_another_text_of_a_short_list_opens_without_a_pass(monkeypatch):
    app = open_app(PAGE, text=f"{SENTENCE}\nShe is reading a [MASK].")
    passes = count_passes(monkeypatch)
    app.selectbox(key="board_text_open").set_value(1).run()
    assert "reading" in figure(app, "head_map")["layout"]["yaxis"]["ticktext"]
    assert (passes, app.query_params["prompt"]) == ([], "2")


def test_a_long_list_runs_in_few_passes_and_a_text_of_it_opens(monkeypatch):
    texts = [
        f"The {animal} moves {n} times across the road."
        for n in range(10)
        for animal in ("dog", "cat", "horse", "fish")
    ]
    app = open_app(PAGE)
    passes = count_passes(monkeypatch)
    measure_text(app, "\n".join(texts))
    assert len(passes) == 3 + 1  # 40 texts in batches of 16, and the one that is open
    assert "Measured in 40 of 40 texts" in " ".join(messages(app.caption))
    app.selectbox(key="board_text_open").set_value(39).run()
    assert "fish" in figure(app, "head_map")["layout"]["yaxis"]["ticktext"]
    assert len(passes) == 5


def test_the_example_of_many_sentences_is_measured():
    n = len(form.MANY.splitlines())
    app = press(open_app(PAGE), f"Example: {n} sentences")
    assert f"Measured in {n} of {n} texts" in " ".join(messages(app.caption))


def test_the_known_heads_of_a_saved_run_come_out_on_top_without_a_pass(known, monkeypatch):
    app = open_app(PAGE)
    passes = count_passes(monkeypatch)
    upload(app, "monday.npz", known)
    assert "A is the saved run monday.npz" in " ".join(messages(app.caption))
    choose(app, "next")
    best, value = next(iter(values(app, "next token").items()))
    assert best.startswith("Layer3_") and value > 0.98
    choose(app, "pair")
    assert next(iter(values(app, "from this word to that word").items())) == (
        "Layer4_Head11 · L3H10",
        pytest.approx(0.87, abs=1e-6),
    )
    app.number_input(key="layer_number").set_value(4).run()
    app.number_input(key="head_number").set_value(11).run()
    assert "slow: 0.87 at moves" in " ".join(messages(app.markdown))
    app.selectbox(key="board_text_open").set_value(1).run()
    assert "dogs" in figure(app, "head_map")["layout"]["yaxis"]["ticktext"]
    assert passes == []


def test_a_file_that_is_no_run_is_refused_the_last_board_stays_and_the_model_comes_back(known):
    app = upload(open_app(PAGE), "monday.npz", known)
    upload(app, "broken.npz", b"PK nonsense")
    assert messages(app.error)[0].startswith("'broken.npz' is not a saved run")
    assert len(values(app, "previous token")) == 144
    press(app, "Measure")
    assert not app.error and len(values(app, "previous token")) == 72
    held = (*app.session_state["asked_boards"].values(), app.session_state["last_board_a"])
    assert [question.file for question in held] == [None, None], "the bytes of both files are free"


def test_a_text_file_fills_the_texts_and_one_that_is_no_text_is_refused():
    app = upload(open_app(PAGE), "texts.txt", "\ufeffThe dog ran.\n\nДом\n".encode())
    assert app.text_area(key="board_text_a").value == "The dog ran.\n\nДом\n"
    assert "1 empty line was dropped." in messages(app.caption)
    upload(app, "bytes.txt", b"\xff\xfe\x00")
    assert messages(app.error)[0].startswith("Cannot read 'bytes.txt'")


def test_two_inputs_stand_beside_each_other_with_their_difference():
    app = open_app(PAGE)
    app.toggle(key="board_compare").set_value(True).run()
    assert app.text_area(key="board_text_b").value == SWAPPED
    a, b, change = board(app, "board_a"), board(app, "board_b"), board(app, "board_difference")
    for before, after, moved in zip(a["titles"], b["titles"], change["titles"]):
        difference = float(after.split(": ")[1]) - float(before.split(": ")[1])
        assert float(moved.split(": ")[1]) == pytest.approx(difference, abs=2e-4)
    assert app.query_params["text_b"] == SWAPPED
    app.segmented_control(key="board_map_side").set_value("b").run()
    assert figure(app, "head_map")["layout"]["yaxis"]["ticktext"][3] == "slow"


def test_boards_that_are_compared_share_their_scale():
    app = choose(open_app(PAGE, text_b="The dog ran."), "entropy")
    assert board(app, "board_a")["ends"] == board(app, "board_b")["ends"]


def test_models_of_other_shapes_have_no_difference_and_it_is_said(tiny_bert_folder):
    app = open_app(PAGE, model_b=str(tiny_bert_folder), text_b="The dog ran.")
    assert messages(app.info)[0].startswith("The models have 6 x 12 and 2 x 3 heads")


def test_random_weights_are_warned_of(untrained_bert_folder):
    app = open_app(PAGE, model=str(untrained_bert_folder), text="The dog ran.")
    assert any("random, not trained" in message for message in messages(app.warning))
    assert board(app)["words"]["stamp"] == "random weights"


def test_words_that_the_second_input_lacks_are_said_there():
    app = choose(open_app(PAGE, text_b="The dog ran."), "pair")
    assert messages(app.error)[0].startswith("B: The word 'slow' is not in text 1.")
    assert board(app, "board_a")


def test_a_second_input_that_cannot_run_leaves_the_first():
    app = open_app(PAGE, model_b="headlight-gpt2", text_b=SENTENCE)
    assert messages(app.error)[0].startswith("B: headlight-gpt2 reads from left to right")
    assert len(values(app, "previous token")) == 72


def test_gpt2_never_looks_at_the_next_token():
    app = open_app(PAGE, model="headlight-gpt2", text="My dog is", measure="next")
    assert set(values(app, "next token").values()) == {0.0}


def test_a_measure_that_finds_nothing_says_so_and_the_others_go_on():
    app = choose(open_app(PAGE, text="dog"), "same")
    assert messages(app.error)[0].startswith("In this text no token can be measured by 'same word elsewhere'.")
    assert not choose(app, "self").error


BAD_TEXTS = {
    "": "There is no prompt.",
    "a" * 10_001: "The text has 10,001 characters",
    "My dog\n" * 401: "There are 401 prompts; at most 400",
    "My dog is\n" + "the " * 600: "Text 2 has",
}


def test_bad_texts_are_refused_in_words_and_the_last_board_stays():
    app = open_app(PAGE)
    for text, sentence in BAD_TEXTS.items():
        measure_text(app, text)
        assert messages(app.error)[0].startswith(sentence)
        assert app.text_area(key="board_text_a").value == text
        assert len(values(app, "previous token")) == 72


STRANGE = (
    "[MASK]",
    "😀 我们 مرحبا",
    "<script>alert(1)</script> $x$ :red[x] **b**",
    "a" * 100,
    "...",
    "Дом [SEP] [PAD]",
)


def test_any_text_gets_a_board():
    for measure in ("pair", "previous"):
        app = open_app(PAGE, text=STRANGE[0], measure=measure)
        for text in STRANGE:
            measure_text(app, text)
            assert not app.error and len(app.dataframe) == 1, (text, measure)
            assert title(app).startswith("Layer")


def test_a_board_that_fails_is_not_kept_and_fails_in_words_again():
    with pytest.raises(Exception, match="no model 'nothing-there'|Hub"):
        engine.ask(Measure("nothing-there/x", ("a",)))
    app = open_app(PAGE, model="nothing-there/x")
    assert len(app.error) == 1 and not app.dataframe


def test_every_job_is_measured_on_contributions_too():
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    brought = plain.brought(model, plain.tokenized(model, [SENTENCE]))[0]
    shares = brought / brought.sum(axis=-1, keepdims=True)
    app = open_app(PAGE, measure="first", by="contribution")
    listed = table(app, "first token, [CLS]")
    expected = shares[..., 0].mean(axis=-1)
    for head, value in zip(listed["head"], listed["first token, [CLS]"], strict=True):
        layer, number = (int(part) for part in head.split(" · ")[1].removeprefix("L").split("H"))
        assert value == pytest.approx(expected[layer, number], abs=1e-5)
    assert any("A[q, k] is not the weight" in said for said in messages(app.caption))
    app.button_group(key="board_by").set_value("weight").run()
    assert_no_failure(app)
    assert "by" not in app.query_params
    assert not any("A[q, k] is not the weight" in said for said in messages(app.caption))
