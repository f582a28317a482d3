"""Every question of the packs that ship has the answer its author expects, by our models and by plain transformers."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import DataCollatorForLanguageModeling

from tests.conftest import REPOSITORY
from tests.model import plain
from tests.packs import HEAD, pack, question
from viz.analysis.batches.same_alone import Mistakes
from viz.analysis.claims.text import read_sentences
from viz.analysis.claims.verdict import judge
from viz.engine import requests
from viz.engine.local import engine
from viz.packs import answer_kinds, schema, shelf
from viz.packs.checking import check
from viz.packs.errors import NotMeasurable
from viz.packs.measures import truth
from viz.packs.reading import read
from viz.records import Run

PACKS = {name: shelf.find(name, "en").pack for name in shelf.SHIPPED}
NEAR = 2e-5  # of a weight or a share: float32, batches of another shape


@pytest.mark.parametrize("file", sorted(shelf.FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_models_answer_as_the_authors_expect(file):
    found = list(check(read(file.read_bytes(), file.name), engine.ask))
    assert [(checked.question.id, str(checked.problem)) for checked in found if checked.problem] == []


def of(name: str, id_: str) -> tuple[schema.Show, schema.AnyQuestion, float | str]:
    """Give what a question is about, the question, and the model's answer."""
    pack = PACKS[name]
    asked = next(question for question in pack.questions if question.id == id_)
    found = truth(pack, asked, engine.ask)
    assert found is not None
    show = pack.part_of(id_).show
    return show or schema.Show(texts=("none",)), asked, found.value


def ids_only(model: Any, texts: tuple[str, ...], side: str = "right") -> dict[str, torch.Tensor]:
    return {
        "input_ids": model.tokenizer(list(texts), padding=True, padding_side=side, return_tensors="pt")["input_ids"]
    }


def passed(model: Any, inputs: dict) -> tuple[list[list[str]], np.ndarray, np.ndarray]:
    tokens = [model.tokenizer.convert_ids_to_tokens(row) for row in inputs["input_ids"]]
    return tokens, *plain.output(model, inputs)


def shares(logits: np.ndarray) -> torch.Tensor:
    return torch.tensor(logits).double().softmax(-1)


def best_head(cells: np.ndarray) -> str:
    layer, head = np.unravel_index(cells.argmax(), cells.shape)
    return f"Layer{layer + 1}_Head{head + 1}"


def clear(values: np.ndarray, margin: float) -> bool:
    """Tell whether the largest value stands so far above the next that rounding cannot change the answer."""
    first, second = np.sort(values.ravel())[-1:-3:-1]
    return float(first - second) > margin


def run_of(pack: schema.Pack, show: schema.Show, mistakes: tuple[str, ...]) -> Run:
    """Run what a part shows, as a script with these mistakes does."""
    model, made = show.model or pack.model, replace(Mistakes(), **dict.fromkeys(mistakes, True))
    if mistakes:
        return engine.ask(requests.Check(model, show.texts, show.padding_side, made)).run
    return engine.ask(requests.Ask(model, show.texts, padding_side=show.padding_side))


# Words and heads that are asked for must win by more than a processor's rounding.


@pytest.mark.parametrize("name", shelf.SHIPPED)
def test_no_answer_hangs_on_rounding(name):
    pack = PACKS[name]
    for asked in pack.questions:
        answer, show = asked.answer, pack.part_of(asked.id).show
        if show is None:
            continue
        run = run_of(pack, show, getattr(answer, "mistakes", ()))
        if isinstance(answer, answer_kinds.Prediction | answer_kinds.AnswerInBatch):
            readout = next(n for n, (row, _at) in enumerate(run.readouts) if row == answer.text - 1)
            assert clear(run.readout_logits[readout], 0.1), asked.id
        if isinstance(answer, answer_kinds.LookingHead):
            row, tokens = answer.text - 1, [token.strip("␣").casefold() for token in run.batch.tokens[answer.text - 1]]
            real = run.batch.attention_mask[row]
            is_key = ~real if answer.key == "[PAD]" else np.array([t == answer.key.casefold() for t in tokens]) & real
            weights = run.attentions[row][:, :, tokens.index(answer.query.casefold())][..., is_key].sum(-1)
            assert clear(weights if answer.layer is None else weights[answer.layer - 1], 1e-3), asked.id
        if isinstance(answer, answer_kinds.LookedAt):
            row, (layer, head) = answer.text - 1, [int(n) - 1 for n in answer.head[5:].split("_Head")]
            tokens = [token.strip("␣").casefold() for token in run.batch.tokens[row]]
            assert clear(run.attentions[row, layer, head, tokens.index(answer.query.casefold())], 1e-2), asked.id


# One question for each measure, by another road.


def test_counts_and_words_of_padding_matters(bert):
    show, _asked, n_tokens = of("padding-matters", "longest-tokens")
    lengths = [len(bert.tokenizer(text)["input_ids"]) for text in show.texts]
    assert n_tokens == lengths[2] == max(lengths)
    assert of("padding-matters", "first-padding")[2] == max(lengths) - lengths[0]
    tokens, attentions, logits = passed(bert, ids_only(bert, show.texts))
    at = tokens[0].index("[MASK]")
    assert of("padding-matters", "untold-word")[2] == bert.tokenizer.convert_ids_to_tokens(int(logits[0, at].argmax()))
    were = bert.tokenizer.convert_tokens_to_ids("were")
    assert of("padding-matters", "untold-share")[2] == pytest.approx(float(shares(logits[0, at])[were]), abs=NEAR)
    pads = [token == "[PAD]" for token in tokens[0]]
    mass = attentions[0, :, :, at][..., pads].sum(-1)
    assert of("padding-matters", "untold-head")[2] == f"Layer6_Head{mass[5].argmax() + 1}"
    assert of("padding-matters", "untold-weight")[2] == pytest.approx(float(mass[5].max()), abs=NEAR)


def test_logits_with_the_mask_and_of_equal_lengths_are_those_alone(bert):
    for id_, with_mask in (("told-difference", True), ("equal-difference", False)):
        show, _asked, difference = of("padding-matters", id_)
        inputs = dict(bert.tokenizer(list(show.texts), padding=True, return_tensors="pt"))
        tokens, _attentions, logits = passed(bert, inputs if with_mask else ids_only(bert, show.texts))
        _tokens, _attentions, alone = passed(bert, ids_only(bert, show.texts[:1]))
        at = tokens[0].index("[MASK]")
        assert float(difference) < 1e-3
        assert np.abs(logits[0, at] - alone[0, at]).max() < 1e-3


def test_softmax_and_what_hides_are_arithmetic():
    assert of("zero-one-softmax", "three")[2] == pytest.approx(math.exp(3) / (math.exp(1) + math.exp(2) + math.exp(3)))
    assert of("zero-one-softmax", "multiplied")[2] == pytest.approx(1 / (1 + math.e + math.e**2))
    leak = math.exp(2) / (2 * math.exp(2) + math.exp(1))
    assert of("zero-one-softmax", "leak-one")[2] == pytest.approx(leak, abs=1e-6)
    scores = torch.tensor([2.0, 1.0, 3.0])
    assert of("zero-one-softmax", "held-as")[2] == float(torch.tensor(-10000.0).bfloat16())
    assert torch.isnan((scores - math.inf).softmax(-1)).all()
    assert torch.allclose((scores - 10000).softmax(-1), scores.softmax(-1), atol=1e-3)
    in_half = (scores.half() + torch.tensor(-10000.0).half()).float().softmax(-1)
    assert in_half.max() == in_half.min()
    rows = {id_: of("zero-one-softmax", id_)[2] for id_ in ("row-inf", "row-finite", "row-half")}
    assert rows == {"row-inf": "NaN", "row-finite": "unmasked", "row-half": "uniform"}


def test_a_score_and_a_weight_on_padding(bert):
    show, _asked, score = of("zero-one-softmax", "model-score")
    inputs = plain.tokenized(bert, list(show.texts))
    tokens, attentions, _logits = passed(bert, inputs)
    query, key = tokens[0].index("sees"), tokens[0].index("[PAD]")
    layer = bert.model.bert.encoder.layer[0].attention.self
    with torch.no_grad():
        states = bert.model(**inputs, output_hidden_states=True).hidden_states[0]
        head = slice(8 * layer.attention_head_size, 9 * layer.attention_head_size)
        q, k = layer.query(states)[0, query, head].double(), layer.key(states)[0, key, head].double()
    assert score == pytest.approx(float(q @ k) / math.sqrt(layer.attention_head_size), abs=1e-4)
    assert of("zero-one-softmax", "model-weight")[2] == attentions[0, 0, 8, query, key] == 0
    assert of("zero-one-softmax", "model-word")[2] == tokens[0][attentions[0, 0, 8, query].argmax()]
    del inputs["attention_mask"]
    _tokens, untold, _logits = passed(bert, inputs)
    assert of("zero-one-softmax", "model-unmasked")[2] == pytest.approx(untold[0, 0, 8, query, key], abs=NEAR)


def test_a_hidden_word_gives_its_weight_to_the_others(bert):
    show, _asked, weight = of("zero-one-softmax", "hide-book")
    inputs = plain.tokenized(bert, list(show.texts))
    tokens, before, _logits = passed(bert, inputs)
    query, key, hidden = (tokens[0].index(word) for word in ("reading", "book", "a"))
    inputs["attention_mask"][0, hidden] = 0
    _tokens, after, _logits = passed(bert, inputs)
    assert weight == pytest.approx(after[0, 0, 3, query, key], abs=NEAR)
    assert weight == pytest.approx(before[0, 0, 3, query, key] / (1 - before[0, 0, 3, query, hidden]), abs=NEAR)
    assert of("zero-one-softmax", "hide-winner")[2] == pytest.approx(after[0, 0, 5, query, key], abs=NEAR)
    deeper = of("zero-one-softmax", "deeper-after")[2]
    assert deeper == pytest.approx(after[0, 1, 1, query, key], abs=NEAR)
    by_rule = before[0, 1, 1, query, key] / (1 - before[0, 1, 1, query, hidden])
    assert float(deeper) > 2 * float(by_rule)


def test_words_ranks_and_heads_of_the_exercise(bert):
    show, _asked, word = of("what-a-head-looks-at", "guess-reader")
    tokens, _attentions, logits = passed(bert, plain.tokenized(bert, list(show.texts)))
    at_mask = logits[1, tokens[1].index("[MASK]")]
    assert word == bert.tokenizer.convert_ids_to_tokens(int(at_mask.argmax()))
    letter = bert.tokenizer.convert_tokens_to_ids("letter")
    assert of("what-a-head-looks-at", "guess-rank")[2] == 1 + int((at_mask > at_mask[letter]).sum())
    show, _asked, head = of("what-a-head-looks-at", "adverb-head")
    tokens, attentions, _logits = passed(bert, plain.tokenized(bert, list(show.texts)))
    cell = attentions[1, :, :, tokens[1].index("slowly"), tokens[1].index("moved")]
    assert head == f"Layer4_Head{cell[3].argmax() + 1}" == "Layer4_Head11"
    first = attentions[0, :, :, tokens[0].index("slowly"), tokens[0].index("moved")]
    assert of("what-a-head-looks-at", "trap")[2] == best_head(first) == "Layer2_Head10"


def test_the_claim_of_the_exercise_holds_on_the_words_its_hint_names():
    sentences = read_sentences(
        "The dog _runs_ *quickly* to the river.\nThe dog *quickly* _runs_ to the river.\n"
        "The cat _sleeps_ *quietly* in the house.\nThe cat *quietly* _sleeps_ in the house.\n"
        "The girl _speaks_ *softly* to the horse.\nThe girl *softly* _speaks_ to the horse."
    )
    result = judge(engine.ask(requests.Gather("headlight-bert", sentences)).readings, (3, 10))
    assert result.holds


def test_what_each_mistake_does_to_a_prompt(gpt2):
    show, _asked, alone = of("batch-or-alone", "alone-word")
    texts = list(show.texts)
    single = gpt2.model(**gpt2.tokenizer(texts[0], return_tensors="pt")).logits[0, -1].detach()
    assert decoded(gpt2, single) == spoken(alone)
    left = gpt2.tokenizer(texts, padding=True, padding_side="left", return_tensors="pt")
    right = gpt2.tokenizer(texts, padding=True, padding_side="right", return_tensors="pt")
    with torch.no_grad():
        no_positions = gpt2.model(**left).logits[:, -1]
        last_column = gpt2.model(**right).logits[:, -1]
        ids_left = gpt2.model(input_ids=left["input_ids"]).logits[:, -1]
        ids_right = gpt2.model(input_ids=right["input_ids"]).logits[0, 2]
    assert decoded(gpt2, no_positions[0]) == spoken(of("batch-or-alone", "positions-word")[2])
    difference = float((no_positions[0] - single).abs().max())
    assert of("batch-or-alone", "positions-difference")[2] == pytest.approx(difference, abs=1e-3)
    for row, id_ in enumerate(("last-word", "last-second", "last-longest")):
        assert decoded(gpt2, last_column[row]) == spoken(of("batch-or-alone", id_)[2])
    you = gpt2.tokenizer.encode(" you")[0]
    share = float(ids_left[0].double().softmax(-1)[you])
    assert of("batch-or-alone", "untold-share")[2] == pytest.approx(share, abs=1e-4)
    assert float((ids_right - single).abs().max()) < 1e-3
    rests = plain.output(gpt2, {"input_ids": gpt2.tokenizer(texts[0], return_tensors="pt")["input_ids"]})[0]
    assert rests[0, 2, 2, 2].argmax() == 0  # what is said of Layer3_Head3: alone it rests on the first token


def decoded(model: Any, logits: torch.Tensor) -> str:
    return model.tokenizer.decode([int(logits.argmax())]).strip()


def spoken(word: object) -> str:
    return str(word).strip("␣")


def test_the_training_batch_is_the_collators(bert):
    show, asked, n_scored = of("seen-not-scored", "scored")
    assert isinstance(asked.answer, answer_kinds.InTraining)
    rows = [bert.tokenizer(text) for text in show.texts]
    collator = DataCollatorForLanguageModeling(bert.tokenizer, mlm_probability=0.15, seed=asked.answer.seed)
    made = collator(rows)
    labels = made["labels"]
    counted = labels != -100
    same = made["input_ids"] == labels
    masked = made["input_ids"] == bert.tokenizer.mask_token_id
    found = {
        id_: float(of("seen-not-scored", id_)[2])
        for id_ in ("positions", "seen", "padding", "masked", "kept", "random")
    }
    assert n_scored == counted.sum() == found["masked"] + found["kept"] + found["random"]
    assert found["masked"] == (counted & masked).sum()
    assert found["kept"] == (counted & same).sum()
    assert found["positions"] == labels.numel() == found["seen"] + found["padding"]
    assert not counted[2].any()  # "not one word of the third sentence was drawn"
    with torch.no_grad():
        loss = bert.model(**made).loss
        untold = bert.model(input_ids=made["input_ids"], labels=labels).loss
        every = labels.masked_fill(made["attention_mask"] == 0, bert.tokenizer.pad_token_id)
        scored = bert.model(**{**made, "labels": every}).loss
    assert of("seen-not-scored", "loss")[2] == pytest.approx(float(loss), abs=1e-4)
    assert of("seen-not-scored", "loss-alone")[2] == pytest.approx(float(loss), abs=1e-4)
    assert of("seen-not-scored", "loss-untold")[2] == pytest.approx(float(untold), abs=1e-4)
    assert of("seen-not-scored", "loss-scored")[2] == pytest.approx(float(scored), abs=1e-3)


def test_the_ends_of_a_gpt2s_texts_are_not_scored(gpt2):
    show, _asked, loss = of("seen-not-scored", "gpt-loss")
    rows = [gpt2.tokenizer(text + gpt2.tokenizer.eos_token)["input_ids"] for text in show.texts]
    made = DataCollatorForLanguageModeling(gpt2.tokenizer, mlm=False)([{"input_ids": row} for row in rows])
    labels, ends = made["labels"], [len(row) - 1 for row in rows]
    assert of("seen-not-scored", "ends")[2] == len(rows)
    assert of("seen-not-scored", "ends-scored")[2] == sum(int(labels[n, end] != -100) for n, end in enumerate(ends))
    assert of("seen-not-scored", "gpt-scored")[2] == (labels[:, 1:] != -100).sum()
    with torch.no_grad():
        assert loss == pytest.approx(float(gpt2.model(input_ids=made["input_ids"], labels=labels).loss), abs=1e-4)


# What cannot be asked.


def told(kind: str, answer: str, part: str) -> object:
    made = read(pack(question(kind, answer), head=HEAD, part=part), "mine.yaml")
    found = truth(made, made.questions[0], engine.ask)
    return found and found.value


ONE_TEXT = "- title: One\n  prose: Look.\n  show:\n    texts: ['She is reading a [MASK].']\n  questions:\n"


def test_the_probability_and_rank_of_a_word_when_another_is_hidden(bert):
    inputs = plain.tokenized(bert, ["She is reading a [MASK]."])
    tokens = bert.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
    inputs["attention_mask"][0, tokens.index("reading")] = 0
    at_mask = plain.output(bert, inputs)[1][0, tokens.index("[MASK]")]
    book = bert.tokenizer.convert_tokens_to_ids("book")
    share = told("number", "{of: probability, word: book, hide: [reading]}", ONE_TEXT)
    assert share == pytest.approx(float(shares(at_mask)[book]), abs=NEAR)
    rank = told("number", "{of: rank, word: book, hide: [reading]}", ONE_TEXT)
    assert rank == 1 + int((at_mask > at_mask[book]).sum()) > 1


def test_a_number_that_a_type_does_not_hold_is_refused():
    with pytest.raises(NotMeasurable):
        told("number", "{of: held as, scores: [1, 2], hidden: [1], fill: -1000000000, type: float16}", ONE_TEXT)


def test_the_example_of_the_documentation_is_a_pack_that_holds():
    page = (REPOSITORY / "docs" / "class-packs.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    found = list(check(read(example.encode(), "example.yaml"), engine.ask))
    assert len(found) >= 3
    assert [checked.question.id for checked in found if checked.problem] == []
