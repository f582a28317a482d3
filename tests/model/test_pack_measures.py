"""What a pack asks the model is what plain transformers, or arithmetic written out, gives for the same texts."""

import math

import numpy as np
import pytest
import torch

from tests.model import plain
from tests.packs import HEAD, pack, question
from viz.engine.local import engine
from viz.errors import AmbiguousWord, HeadOutOfRange, WordNotInText
from viz.packs.checking import check
from viz.packs.errors import NotMeasurable
from viz.packs.measures import truth
from viz.packs.reading import read

TEXTS = ["The turtle moved slowly across the [MASK].", "The [MASK] sat."]  # of tests.packs
PROMPTS = ["The turtle", "The old man and the sea were"]
OF_GPT2 = """\
- title: Prompts
  prose: Look.
  show:
    texts: [The turtle, The old man and the sea were]
    padding_side: left
  questions:
"""


@pytest.fixture(scope="module")
def passed(bert):
    """Give tokens, attentions and logits of the two texts by plain transformers."""
    inputs = dict(bert.tokenizer(TEXTS, padding=True, return_tensors="pt"))
    attentions, logits = plain.output(bert, inputs)
    tokens = [bert.tokenizer.convert_ids_to_tokens(row) for row in inputs["input_ids"]]
    return tokens, attentions, logits


def told(kind: str, answer: str, **changed: str):
    made = read(pack(question(kind, answer), **changed), "mine.yaml")
    found = truth(made, made.questions[0], engine.ask)
    assert found is not None
    return found


def of_gpt2(kind: str, answer: str):
    return told(kind, answer, head=HEAD.replace("headlight-bert", "headlight-gpt2"), part=OF_GPT2)


def test_the_word_at_the_mask(passed, bert):
    tokens, _attentions, logits = passed
    for row in (0, 1):
        best = logits[row, tokens[row].index("[MASK]")].argmax()
        assert told("word", f"{{of: prediction, text: {row + 1}}}").value == bert.tokenizer.convert_ids_to_tokens(
            int(best)
        )


def test_the_probability_of_a_word(passed, bert):
    tokens, _attentions, logits = passed
    shares = torch.tensor(logits[0, tokens[0].index("[MASK]")]).double().softmax(-1)
    road = bert.tokenizer.convert_tokens_to_ids("road")
    assert told("number", "{of: probability, word: road}").value == pytest.approx(float(shares[road]), abs=1e-6)
    assert told("number", "{of: probability}").value == pytest.approx(float(shares.max()), abs=1e-6)


def test_the_token_that_a_query_looks_at_most(passed):
    tokens, attentions, _logits = passed
    query = tokens[0].index("slowly")
    row = attentions[0, 3, 10, query]
    found = told("word", "{of: looked at, query: slowly, head: Layer4_Head11}")
    assert found.value == tokens[0][int(row.argmax())] == "moved"
    assert [choice.split(" (")[0].casefold() for choice in found.choices] == [t.casefold() for t in tokens[0]]
    first = attentions[0, 0, 0, query].copy()
    first[[0, len(first) - 1]] = -1  # [CLS] and [SEP]
    among = told("word", "{of: looked at, query: slowly, head: Layer1_Head1, among: words}")
    assert str(among.value).split(" (")[0].casefold() == tokens[0][int(first.argmax())]
    assert len(among.choices) == len(tokens[0]) - 2


def test_the_head_that_looks_from_a_word_at_another(passed):
    tokens, attentions, _logits = passed
    cell = attentions[0, :, :, tokens[0].index("slowly"), tokens[0].index("moved")]
    layer, head = np.unravel_index(cell.argmax(), cell.shape)
    assert told("head", "{of: head, query: slowly, key: moved}").value == f"Layer{layer + 1}_Head{head + 1}"
    in_fourth = cell[3].argmax()
    assert told("head", "{of: head, query: slowly, key: moved, layer: 4}").value == f"Layer4_Head{in_fourth + 1}"


def test_weight_and_score_of_a_cell(passed, bert):
    tokens, attentions, _logits = passed
    query, key = tokens[0].index("slowly"), tokens[0].index("moved")
    cell = "query: slowly, key: moved, head: Layer4_Head11"
    assert told("number", f"{{of: weight, {cell}}}").value == pytest.approx(attentions[0, 3, 10, query, key], abs=1e-6)
    inputs = dict(bert.tokenizer(TEXTS, padding=True, return_tensors="pt"))
    layer = bert.model.bert.encoder.layer[3].attention.self
    with torch.no_grad():
        states = bert.model(**inputs, output_hidden_states=True).hidden_states[3]
        size = layer.attention_head_size
        head = slice(10 * size, 11 * size)
        q, k = layer.query(states)[0, query, head].double(), layer.key(states)[0, key, head].double()
    assert told("number", f"{{of: score, {cell}}}").value == pytest.approx(float(q @ k) / math.sqrt(size), abs=1e-4)


def test_weight_on_padding_is_nothing_with_the_mask(passed):
    tokens, _attentions, _logits = passed
    n_padding = tokens[1].count("[PAD]")
    assert told("number", "{of: padding, text: 2}").value == n_padding > 0
    assert told("number", "{of: tokens, text: 2}").value == len(tokens[1]) - n_padding
    cell = "text: 2, query: sat, key: '[PAD]', head: Layer4_Head11"
    assert told("number", f"{{of: weight, {cell}}}").value == 0


def test_a_softmax_is_exp_over_the_sum_of_exp():
    answer = "{{of: softmax, scores: [1, 2, 3], hidden: [3], key: 2, fill: {fill}}}"
    hidden = told("number", answer.format(fill="-inf")).value
    assert hidden == pytest.approx(math.exp(2) / (math.exp(1) + math.exp(2)), abs=1e-12)
    faint = told("number", answer.format(fill="-1")).value
    assert faint == pytest.approx(math.exp(2) / (math.exp(1) + math.exp(2) + math.exp(2)), abs=1e-12)


def test_what_a_forgotten_mask_does_to_a_prompt(gpt2):
    inputs = gpt2.tokenizer(PROMPTS, padding=True, padding_side="left", return_tensors="pt")
    alone = gpt2.tokenizer(PROMPTS[0], return_tensors="pt")
    with torch.no_grad():
        batched = (
            gpt2.model(
                input_ids=inputs["input_ids"], position_ids=plain.tokenized(gpt2, PROMPTS, "left")["position_ids"]
            )
            .logits[0, -1]
            .double()
        )
        single = gpt2.model(**alone).logits[0, -1].double()
    mistakes = "mistakes: [no_attention_mask]"
    assert of_gpt2("number", f"{{of: difference, {mistakes}}}").value == pytest.approx(
        float((batched - single).abs().max()), abs=2e-3
    )
    best = int(single.argmax())
    shares = {"alone": float(single.softmax(-1)[best]), "in batch": float(batched.softmax(-1)[best])}
    for where, share in shares.items():
        assert of_gpt2("number", f"{{of: probability {where}, {mistakes}}}").value == pytest.approx(share, abs=1e-4)
    words = {"true": single, "false": batched}
    for alone_, logits in words.items():
        word = gpt2.tokenizer.decode([int(logits.argmax())])
        found = of_gpt2("word", f"{{of: answer, alone: {alone_}, {mistakes}}}").value
        assert str(found).replace("␣", " ") == word
    assert of_gpt2("number", "{of: difference}").value < 1e-3


def test_what_a_training_batch_counts(bert):
    n_real = bert.tokenizer(TEXTS, padding=True, return_tensors="pt")["attention_mask"].sum().item()
    counted = {of: told("number", f"{{of: {of}, seed: 3}}").value for of in ("seen", "scored", "masked", "positions")}
    assert counted["seen"] == n_real
    assert counted["positions"] == n_real + told("number", "{of: padding positions, seed: 3}").value
    assert 0 < counted["masked"] <= counted["scored"] <= n_real
    losses = [told("number", f"{{of: loss, seed: 3, mask_given: {given}}}").value for given in ("true", "false")]
    assert losses[0] != pytest.approx(losses[1], abs=1e-4)


@pytest.mark.parametrize(
    "kind, answer, error",
    [
        ("word", "{of: looked at, query: elephant, head: Layer4_Head11}", WordNotInText),
        ("word", "{of: looked at, query: the, head: Layer4_Head11}", AmbiguousWord),
        ("word", "{of: looked at, query: slowly, head: Layer40_Head11}", HeadOutOfRange),
        ("head", "{of: head, query: slowly, key: moved, layer: 40}", NotMeasurable),
        ("number", "{of: weight, query: slowly, key: '[PAD]', head: Layer4_Head11}", NotMeasurable),
    ],
)
def test_what_cannot_be_measured_is_said(kind, answer, error):
    with pytest.raises(error):
        told(kind, answer)


def test_a_text_without_an_answer_is_said():
    part = OF_GPT2.replace("[The turtle, The old man and the sea were]", "[A cat., 'A [MASK].']")
    with pytest.raises(NotMeasurable) as refused:
        told("word", "{of: prediction, text: 1}", part=part)
    assert str(refused.value) == "The model has no answer to this question: text 1 has no answer to read."


def test_an_open_question_has_no_answer_of_the_model():
    made = read(pack(question("head", "{of: claim}")), "mine.yaml")
    assert truth(made, made.questions[0], engine.ask) is None


def test_check_holds_what_an_author_expects_to_the_model():
    (fine,) = check(read(pack(), "mine.yaml"), engine.ask)
    assert (fine.said, fine.problem) == ("4", None)
    (wrong,) = check(read(pack().replace(b"is: 4", b"is: 5"), "mine.yaml"), engine.ask)
    assert str(wrong.problem) == "the file expects 5, the model says 4."
    (absent,) = check(read(pack(question("word", "{of: looked at, query: x, head: Layer1_Head1}")), "m"), engine.ask)
    assert isinstance(absent.problem, WordNotInText)
