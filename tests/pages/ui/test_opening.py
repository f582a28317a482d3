"""Each page opens with what stands on it: true of the numbers shown, and other words where they change."""

import re

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.model import plain
from tests.pages.driver import messages, open_app, press
from viz.shipped import MODELS_FOLDER

SENTENCE = "The turtle moves slow across the [MASK]."
PAGES = (
    "masked_word",
    "batch",
    "generation",
    "cross",
    "positions",
    "importance",
    "same_alone",
    "inside",
    "training",
    "board",
    "corpus",
    "claim",
    "head",
    "switch_off",
    "attribution",
    "patching",
    "saved",
    "compare",
    "models",
)
CELL = re.compile(r"In the row of '(.+?)' the largest weight, (\d\.\d\d), is on '(.+?)'")


def opening(app: AppTest) -> str:
    """Give what the page says it shows; it stands closed at first."""
    (block,) = [block for block in app.expander if block.label == "What am I looking at?"]
    assert not block.proto.expanded
    (said,) = messages(block.markdown)
    return said


def of_the_map(app: AppTest) -> str:
    """Give what is said of the open map, also where a part of the page was drawn alone: then it holds no more."""
    (said,) = [message for message in messages(app.markdown) if "The open map, " in message]
    return said


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_what_stands_on_it(page):
    said = opening(open_app(f"pages/{page}/page.py"))
    assert said.startswith("Here will be") == (page == "saved")
    assert 1 <= len(re.findall(r"[.:]\W*(?= [A-Z'“]|$)", said)) <= 7
    assert "{" not in said


def test_a_page_that_could_run_nothing_says_what_will_be_there():
    assert opening(open_app(model="no-such-model")).startswith("Here will be the words that the model finds")


def test_the_cell_that_is_named_is_the_models_own_number():
    torch.set_num_threads(1)
    model = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    read = plain.tokenized(model, [SENTENCE])
    tokens = model.tokenizer.convert_ids_to_tokens(read["input_ids"][0].tolist())
    weights = plain.output(model, read)[0][0, 3, 10]
    app = open_app(text=SENTENCE, head="L3H10")
    query, weight, key = CELL.search(opening(app)).groups()
    assert weight == f"{weights[tokens.index(query)].max():.2f}" == f"{weights[1:-1].max():.2f}"
    assert weights[tokens.index(query)].argmax() == tokens.index(key)
    assert f"{len(tokens)} x {len(tokens)} cells" in opening(app)


def test_another_head_another_text_and_another_view_are_said_anew():
    app = open_app(text=SENTENCE, head="L3H10")
    said = [of_the_map(app)]
    app.text_input(key="head_name").set_value("L1H4").run()
    said.append(of_the_map(app))
    assert "Layer4_Head11" in said[0] and "Layer2_Head5 · L1H4" in said[1]
    app.toggle(key="view_words").set_value(True).run()
    said.append(of_the_map(app))
    assert "a row is a word that looks" in said[2]
    app.text_input(key="text").set_value("The old dog [MASK].")
    press(app, "Run")
    assert "reads this text as 7 tokens" in opening(app)
    assert len({*said, opening(app)}) == 4


def test_the_open_prompt_is_the_one_whose_map_is_said():
    app = open_app("pages/batch/page.py", text="My dog is\nIt will rain in the", prompt="1")
    first = of_the_map(app)
    (prompt,) = [group for group in app.get("button_group") if group.key == "prompt_number"]
    prompt.set_value(1).run()
    assert of_the_map(app) != first


def test_of_a_hidden_map_no_number_is_said_until_the_guess():
    app = open_app(text=SENTENCE, head="L3H10", predict="1")
    assert "Its numbers are hidden until you have guessed." in opening(app)
    assert CELL.search(opening(app)) is None
    (chips,) = [group for group in app.get("button_group") if re.fullmatch("predict_[0-9a-f]{32}_.*", group.key or "")]
    chips.set_value(3).run()
    press(app, "Reveal")
    assert CELL.search(of_the_map(app))


def test_it_is_said_in_the_readers_language():
    for language, word in (("zh", "查询"), ("ru", "запрос")):
        app = open_app(text=SENTENCE, lang=language)
        assert any(word in message for block in app.expander for message in messages(block.markdown))


def test_the_parts_of_the_page_of_orders_open_with_their_own_numbers():
    assert "tables that say" in opening(
        open_app("pages/positions/page.py", part="tables")
    ) or "table that says" in opening(open_app("pages/positions/page.py", part="tables"))
    assert "position_ids 0 to" in opening(open_app("pages/positions/page.py", part="order"))


def test_the_row_of_another_query_is_said_inside_the_mask():
    app = open_app("pages/inside/page.py")
    row = re.compile("Row of '(.+?)' in")
    before = row.search(opening(app))[1]
    app.selectbox(key="choose_query").set_value(1).run()
    (after,) = filter(None, map(row.search, messages(app.markdown)))
    assert after[1] != before
