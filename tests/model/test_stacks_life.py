"""The three masks of an encoder-decoder are those of the running model, from what it is called with to the scores."""

import pickle

import numpy as np
import pytest

from tests.model.families import write
from tests.model.translators import SOURCES, TARGETS, TRANSLATORS, load_plain, marian, t5
from viz.analysis.masks.classical import hides_as, stacks_forms
from viz.engine import models, service
from viz.engine.requests import TraceStacks, Translate
from viz.errors import NotRecorded, OneStack

LOWEST = float(np.finfo(np.float32).min)
KINDS = ("encoder", "decoder", "cross")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """Give the folder of each family."""
    folder = tmp_path_factory.mktemp("translators")
    return {make: str(write(folder / make.__name__, make, tokenizer())) for make, tokenizer in TRANSLATORS.items()}


def lives(checkpoint, texts=SOURCES, targets=TARGETS, layer=0, side="right"):
    """Give run and lives, of the same texts."""
    request = Translate(checkpoint, texts, targets, padding_side=side)
    return service.answer(request), service.answer(TraceStacks(request, layer))


@pytest.mark.parametrize("make", TRANSLATORS, ids=lambda make: make.__name__)
def test_each_mask_is_given_per_token_and_arrives_per_query_and_key(make, checkpoints):
    run, life = lives(checkpoints[make])
    n_source, n_target = run.batch.n_tokens, run.target.n_tokens
    assert n_source != n_target
    expected = {
        "encoder": (n_source, n_source, "bidirectional_mask_function"),
        "decoder": (n_target, n_target, "causal_mask_function"),
        "cross": (n_target, n_source, "bidirectional_mask_function"),
    }
    for kind, (n_queries, n_keys, rule) in expected.items():
        one = getattr(life, kind)
        cells = (2, 1, n_queries, n_keys)
        assert (one.tokenizer.shape, one.tokenizer.values) == ((2, n_keys), (0, 1))
        assert (one.given.shape, one.given.dtype) == ((2, n_keys), "int64")
        assert one.function.rule == rule
        assert (one.function.received.shape, one.function.q_length, one.function.kv_length) == (
            (2, n_keys),
            n_queries,
            n_keys,
        )
        assert (one.function.returned.shape, one.function.returned.dtype) == (cells, "bool")
        assert (one.added.shape, one.added.values) == (cells, (LOWEST, 0.0))
        assert one.scores == one.attentions == (2, run.model.stack(kind).n_heads, n_queries, n_keys)
        assert one.modules[0].path == ""
        assert one.modules[0].received.shape == (2, n_keys)
        assert one.modules[-1].received.shape == cells


def test_the_way_of_the_encoders_mask_into_the_decoder(checkpoints):
    n_source = len(load_plain(checkpoints[marian]).tokenizer(SOURCES[0])["input_ids"])
    run, life = lives(checkpoints[marian], layer=2)
    flat, cells = (2, n_source), (2, 1, run.target.n_tokens, n_source)
    assert [(stop.class_name, stop.path, stop.received.shape) for stop in life.cross.modules] == [
        ("MarianMTModel", "", flat),
        ("MarianModel", "model", flat),
        ("MarianDecoder", "model.decoder", flat),
        ("MarianDecoderLayer", "model.decoder.layers.2", cells),
        ("MarianAttention", "model.decoder.layers.2.encoder_attn", cells),
    ]
    assert life.encoder.modules[-1].path == "model.encoder.layers.1.self_attn"  # the encoder has two layers
    assert (life.encoder.layer, life.decoder.layer, life.cross.layer) == (1, 2, 2)


@pytest.mark.parametrize("make", [t5, marian], ids=lambda make: make.__name__)
def test_without_padding_only_the_decoder_is_given_a_mask_of_its_own(make, checkpoints):
    for target in ("the cat sat", "the old cat"):
        _run, life = lives(checkpoints[make], ("the old cat",), (target,))
        assert life.encoder.added is life.cross.added is None
        assert life.encoder.function.returned is life.cross.function.returned is None
        assert life.cross.function.q_length == life.cross.scores[2]
        assert life.decoder.added.values == (LOWEST, 0.0)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("make", [t5, marian], ids=lambda make: make.__name__)
def test_the_old_inverted_mask_broadcast_is_what_the_decoder_adds_today(make, side, checkpoints):
    run, _life = lives(checkpoints[make], side=side)
    forms = stacks_forms(run.batch.attention_mask, run.target.attention_mask)
    old = (1 - run.batch.attention_mask[:, None, None, :].astype(np.float32)) * np.float32(LOWEST)
    np.testing.assert_array_equal(forms["cross"][-1].after, old)
    assert forms["cross"][-1].after.shape == (2, 1, 1, run.batch.n_tokens)
    np.testing.assert_array_equal(np.broadcast_to(old, run.maps["cross"].added.shape), run.maps["cross"].added)
    for kind in KINDS:
        assert hides_as(forms[kind][-1], run.maps[kind].added), kind
    assert not hides_as(forms["cross"][-1], run.maps["cross"].added + 1)
    assert not hides_as(forms["cross"][-1], None)
    assert hides_as(stacks_forms(np.ones((1, 3)), np.ones((1, 2)))["cross"][-1], None)


def test_the_request_and_its_record_travel(checkpoints):
    request = TraceStacks(Translate(checkpoints[t5], SOURCES, TARGETS), 1)
    assert pickle.loads(pickle.dumps(request)) == request
    assert service.pinned(request).ask.revision
    life = service.answer(request)
    assert pickle.loads(pickle.dumps(life)) == life


def test_no_hook_stays_on_the_model(checkpoints):
    model = models.load_model(checkpoints[t5]).model
    before = sum(len(module._forward_pre_hooks) for module in model.modules())
    lives(checkpoints[t5])
    assert sum(len(module._forward_pre_hooks) for module in model.modules()) == before


def test_a_model_of_one_stack_and_one_that_can_only_be_read_are_refused(checkpoints, tiny_bert, monkeypatch):
    with pytest.raises(OneStack):
        service.answer(TraceStacks(Translate(tiny_bert.info.checkpoint, ("the cat",), ("the cat",)), 0))
    models._loaded.clear()
    monkeypatch.setattr("transformers.MarianMTModel._can_set_attn_implementation", lambda: False)
    with pytest.raises(NotRecorded):
        lives(checkpoints[marian])
    models._loaded.clear()
