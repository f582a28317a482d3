"""Which examples Masked word offers, and what it says of them: English for our models, else what the model can read."""

import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, BertTokenizer

from pages.masked_word.examples import SHOWS
from pages.masked_word.form import EXAMPLES
from pages.ui import question
from tests.pages.driver import assert_no_failure, figure, messages, open_app
from tests.tiny import SPECIALS
from viz.examples import example
from viz.shipped import SHIPPED

CHINESE, RUSSIAN = (example("masked_word", f"sentences_{code}").splitlines() for code in ("zh", "ru"))


@pytest.fixture(scope="module")
def chinese_folder(tmp_path_factory) -> str:
    """Write a BERT whose vocabulary is that of the Chinese examples."""
    characters = sorted(set("".join(CHINESE)) - set("[MASK]"))
    tokenizer = BertTokenizer(
        vocab={token: at for at, token in enumerate([*SPECIALS, *characters])}, model_max_length=32
    )
    shape = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 48}
    torch.manual_seed(3)
    model = BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=32, **shape))
    folder = tmp_path_factory.mktemp("chinese")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def offered(app) -> list[str]:
    return app.selectbox(key="example").options


def shown(app) -> list[str]:
    return [said for said in messages(app.caption) if said.startswith("What this example shows")]


def test_every_example_says_what_it_shows():
    assert len(SHOWS) == len(EXAMPLES) == len(set(EXAMPLES))
    for text, says in zip(EXAMPLES, SHOWS, strict=True):
        app = open_app(text=text, model="headlight-bert" if "[MASK]" in text else "headlight-gpt2")
        assert shown(app) == [f"What this example shows: {says}"]
    assert shown(open_app(text="mine [MASK]")) == []


@pytest.mark.parametrize("language", ["en", "zh", "ru"])
def test_our_models_are_given_english_in_every_language(language):
    assert offered(open_app(lang=language)) == EXAMPLES


def test_a_reader_of_russian_is_told_in_russian_what_an_english_sentence_shows():
    (said,) = [said for said in messages(open_app(lang="ru").caption) if said.startswith("Что показывает этот пример")]
    assert "«slow» (медленно)" in said


def test_a_model_that_reads_chinese_is_offered_chinese_and_keeps_its_place(chinese_folder, monkeypatch):
    monkeypatch.setattr(question, "SHIPPED", (*SHIPPED, chinese_folder))  # a test types only what is offered
    app = open_app(model=chinese_folder, text="我[MASK]")
    masked = [line for line in CHINESE if "[MASK]" in line]
    assert offered(app) == [*masked, *EXAMPLES]
    app.selectbox(key="example").set_value(masked[0]).run()
    assert_no_failure(app)
    assert (app.text_input(key="text").value, app.selectbox(key="model").value) == (masked[0], chinese_folder)
    assert not app.error and "[UNK]" not in "".join(messages(app.markdown))


def test_a_model_of_both_is_offered_both(tiny_bert_folder):
    both = offered(open_app(model=str(tiny_bert_folder), text="the [MASK]"))
    assert both == [*(line for line in (*CHINESE, *RUSSIAN) if "[MASK]" in line), *EXAMPLES]


def test_a_model_that_cannot_be_opened_leaves_the_english_examples():
    assert offered(open_app(model="/no/such/folder")) == EXAMPLES


@pytest.mark.parametrize(
    "code, label, cut",
    [
        ("zh", "示例：中文开头，切成字节", "今·1/3 to 今·3/3 are the 3 tokens that make up “今”"),
        ("ru", "Пример: начала по-русски, по байтам", "З·1/2 to З·2/2 are the 2 tokens that make up “З”"),
    ],
)
def test_a_batch_in_another_language_is_offered_to_its_readers_and_explained(code, label, cut):
    assert label in [button.label for button in open_app("pages/batch/page.py", lang=code).button]
    text = example("batch", f"beginnings_{code}")
    english = open_app("pages/batch/page.py", text=text, model="headlight-gpt2", lang="en")
    assert not [button.label for button in english.button if button.label.startswith("Example: beginnings in")]
    (said,) = [said for said in messages(english.caption) if said.startswith("This model cuts text into bytes")]
    assert cut in said and said.endswith("what it guesses here means nothing.")
    names = figure(english, "head_map")["data"][-1]["y"]  # of all tokens, where the axis has room for some
    assert cut.split(" ")[0] in " ".join(names).split(" ") and "Ð" not in "".join(names)


def test_an_english_batch_has_nothing_to_explain():
    assert not [said for said in messages(open_app("pages/batch/page.py").caption) if "into bytes" in said]
