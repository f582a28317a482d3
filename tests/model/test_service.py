"""A request goes in, a record comes out: frozen, picklable, and never of other weights than were asked."""

import os
import pickle
import shutil
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
import torch
from transformers import AutoModelForMaskedLM

from tests.model import plain
from viz.analysis.batches.generation import Sampling
from viz.analysis.batches.same_alone import Mistakes
from viz.analysis.claims.text import read_sentences
from viz.analysis.compare.comparison import edited
from viz.analysis.compare.movement import head_changes
from viz.analysis.masks.choice import MaskChoice
from viz.analysis.masks.hiding import Hiding
from viz.engine import requests
from viz.engine.local import LocalEngine
from viz.engine.requests import Ask, Edit, Rank, Request
from viz.engine.service import answer, pinned, stream
from viz.errors import WeightsChanged
from viz.shipped import MODELS_FOLDER, SHIPPED, TRANSLATOR

BERT, GPT2 = SHIPPED
SENTENCE = Ask(BERT, ("The turtle moves slow across the [MASK].",))
PROMPTS = ("It will rain in the", "My dog is")

EXAMPLES: tuple[Request, ...] = (
    SENTENCE,
    Ask(BERT, ("Where is the cat?",), second="In the [MASK].", mask=MaskChoice(segments=True)),
    replace(SENTENCE, edit=Edit((1,), (2, "dog"))),
    replace(SENTENCE, hiding=Hiding(-1.0), mask=MaskChoice(hidden=(2,))),
    replace(SENTENCE, off=frozenset({(1, 9)}), off_by="mean"),
    requests.Continue(GPT2, PROMPTS, Sampling(max_new_tokens=2)),
    requests.Check(GPT2, PROMPTS, "left", Mistakes(no_position_ids=True)),
    requests.ContinueBothWays(GPT2, PROMPTS, max_new_tokens=2),
    requests.Time(GPT2, PROMPTS, rounds=1),
    requests.NamePadToken(GPT2),
    requests.Trace(SENTENCE, 1),
    requests.Translate(TRANSLATOR, ("The cat sat.",), max_new_tokens=4),
    requests.TraceStacks(requests.Translate(TRANSLATOR, ("The cat sat.",), ("Le chat.",)), 1),
    requests.TryValues((1.0, 2.0), (False, True)),
    requests.Train(BERT, ("The cat sat.", "The dog ran to the house."), 0, 0.5),
    requests.Measure(BERT, ("The cat sat.",)),
    requests.ShareOut(BERT, ("The cat sat.", "The dog ran to the house."), at_once=True),
    requests.MeasurePart(BERT, ("The cat sat.",)),
    requests.MeasureOffsetsPart(BERT, ("The cat sat.",)),
    requests.Gather(BERT, read_sentences("The _cat_ *sat*.")),
    requests.FindWord(BERT, "cat", "dog"),
    requests.RepeatWords(GPT2, seed=1),
    requests.Estimate(SENTENCE, 0),
    requests.Positions(BERT),
    requests.MeasureOffsets(BERT, ("The cat sat.",)),
    requests.FollowWords(BERT, "The old cat sat on the mat.", n_shuffles=2),
    requests.Inspect(BERT),
    requests.ListModels(),
    requests.Weigh(BERT),
    requests.Download(BERT),
    requests.Watch(BERT),
    requests.StopDownload(BERT),
)


def test_every_kind_of_request_is_among_the_examples():
    """A ranking is streamed, and so none of them."""
    kinds = {kind for kind in vars(requests).values() if isinstance(kind, type) and issubclass(kind, Request)}
    assert kinds - {Request, Rank} == {type(example) for example in EXAMPLES}


def test_a_request_and_its_record_travel_and_the_same_request_is_the_same_key():
    for request in EXAMPLES:
        travelled = pickle.loads(pickle.dumps(request))
        assert travelled == request and hash(travelled) == hash(request)
        for field in fields(request)[:1]:
            with pytest.raises(FrozenInstanceError):
                setattr(request, field.name, None)
        record = answer(travelled)
        assert type(pickle.loads(pickle.dumps(record))) is type(record)


def test_a_run_that_is_asked_for_has_the_models_own_attention():
    model = plain.load(MODELS_FOLDER / BERT, causal=False)
    attentions, _logits = plain.output(model, plain.tokenized(model, list(SENTENCE.texts), "right"))
    np.testing.assert_allclose(answer(SENTENCE).attentions, attentions, rtol=0, atol=1e-6)


def test_heads_are_ranked_part_by_part_over_the_run_that_was_asked_for():
    asked = []
    parts = stream(Rank(SENTENCE, 0, word_id=5), ask=lambda request: asked.append(request) or answer(request))
    assert len(sum(parts, [])) == 6 * 12
    assert asked == [SENTENCE]


def test_a_request_that_leaves_the_weights_open_is_pinned_to_those_that_are_there():
    revision = pinned(SENTENCE).revision
    assert revision == answer(SENTENCE).model.revision != ""
    assert pinned(requests.Trace(SENTENCE, 1)).ask.revision == revision
    assert pinned(pinned(SENTENCE)) == pinned(SENTENCE)
    assert pinned(requests.TryValues((1.0,), (True,))) == requests.TryValues((1.0,), (True,))


@pytest.fixture
def folder(tiny_bert_folder, tmp_path):
    """Give a folder of weights that a test may change."""
    shutil.copytree(tiny_bert_folder, tmp_path / "model")
    return tmp_path / "model"


def train_on(folder) -> None:
    """Write other weights into a folder, as training does between two looks."""
    model = AutoModelForMaskedLM.from_pretrained(folder)
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    os.utime(folder / "model.safetensors", ns=(1, 1))


def test_an_edit_that_changes_nothing_moves_nothing_though_the_weights_have_changed(folder):
    engine, request = LocalEngine(560_000_000), Ask(str(folder), ("the turtle sat on the [MASK]",))
    before = engine.ask(request)
    of_before = replace(request, revision=before.model.revision)
    train_on(folder)
    after = engine.ask(replace(of_before, edit=Edit(replacement=(3, "sat"))))
    assert after.model.revision == before.model.revision
    assert head_changes(edited(before, after)).max() == 0
    now = engine.ask(request)
    assert now.model.revision != before.model.revision
    assert head_changes(edited(before, now)).max() > 0.01
    assert head_changes(edited(now, engine.ask(replace(request, edit=Edit(replacement=(3, "sat")))))).max() == 0


def test_weights_that_are_gone_are_not_replaced_by_others(folder):
    with pytest.raises(WeightsChanged, match="changed since this answer was made"):
        answer(Ask(str(folder), ("the cat",), revision="of another day"))
