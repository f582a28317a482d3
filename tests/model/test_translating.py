"""Encoder-decoders show plain transformers' numbers: three kinds of attention, every read-out, greedy targets."""

import io
import pickle

import numpy as np
import pytest
import torch

from tests.model.families import write
from tests.model.translators import SOURCES, TARGETS, TRANSLATORS, bart, load_plain, marian, mbart, mbart50, t5
from tests.saved_runs import assert_same
from viz.engine import models, service
from viz.engine.requests import Ask, Translate
from viz.errors import (
    EmptyText,
    HeadOutOfRange,
    OneStack,
    SettingOutOfRange,
    TargetsDoNotMatch,
    TextTooLong,
    TranslationTooLarge,
    TwoStacks,
)
from viz.files import saved
from viz.records import Stack

KINDS = ("encoder", "decoder", "cross")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """Give the folder of each family."""
    folder = tmp_path_factory.mktemp("translators")
    return {make: str(write(folder / make.__name__, make, tokenizer())) for make, tokenizer in TRANSLATORS.items()}


@pytest.fixture(params=TRANSLATORS, ids=lambda make: make.__name__)
def checkpoint(request, checkpoints):
    return checkpoints[request.param]


def translate(checkpoint, **options):
    return service.answer(Translate(checkpoint, **({"texts": SOURCES} | options)))


def plain_output(checkpoint, run, side="right"):
    """Run plain transformers on its own sources and the ids of our targets."""
    plain = load_plain(checkpoint)
    return plain.output(plain.sources(run.batch.texts, side), run.target.input_ids, run.target.attention_mask)


@pytest.mark.parametrize("side", ["left", "right"])
def test_maps_of_all_kinds_and_logits_are_those_of_plain_transformers(side, checkpoint):
    run = translate(checkpoint, targets=TARGETS, padding_side=side)
    plain = plain_output(checkpoint, run, side)
    source, target = run.batch.attention_mask, run.target.attention_mask
    assert run.batch.padding_side == side
    assert (~source).any()
    assert (~target).any()
    for kind, queries, keys in (("encoder", source, source), ("decoder", target, target), ("cross", target, source)):
        maps = run.maps[kind]
        theirs = torch.stack(getattr(plain, f"{kind}_attentions"), dim=1).numpy()
        np.testing.assert_allclose(maps.attentions, theirs, rtol=0, atol=1e-6)
        assert (maps.query_mask == queries).all()
        assert (maps.key_mask == keys).all()
        for row in range(len(SOURCES)):
            weights = maps.attentions[row][:, :, queries[row]]
            np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-6)
            assert (weights[..., ~keys[row]] == 0).all()
            assert (weights[..., keys[row]] > 0).any()
    assert run.maps["cross"].attentions.shape[-2] != run.maps["cross"].attentions.shape[-1]
    rows, positions = run.readouts.T
    assert len(run.readouts) == target.sum()
    np.testing.assert_allclose(run.readout_logits, plain.logits.numpy()[rows, positions], rtol=0, atol=1e-6)


def test_what_was_let_through_is_real_keys_and_in_the_decoder_earlier_ones(checkpoint):
    run = translate(checkpoint, targets=TARGETS)
    source, target = run.batch.attention_mask, run.target.attention_mask
    earlier = np.tri(run.target.n_tokens, dtype=bool)
    expected = {
        "encoder": source[:, None],
        "decoder": target[:, None] & earlier,
        "cross": target[:, :, None] & source[:, None],
    }
    for kind, real in (("encoder", source), ("decoder", target), ("cross", target)):
        allowed = run.maps[kind].allowed
        assert allowed.shape[1] == 1
        for row in range(len(SOURCES)):
            told = np.broadcast_to(expected[kind][row], allowed.shape[2:])
            assert (allowed[row, 0][real[row]] == told[real[row]]).all()


def test_model_info_names_the_layers_and_heads_of_each_kind(checkpoint):
    info = models.load_model(checkpoint).info
    n_heads = 4 if info.family == "t5" else 3
    assert info.stacks == (Stack("encoder", 2, n_heads), Stack("decoder", 3, 4), Stack("cross", 3, 4))
    assert (info.n_layers, info.n_heads) == (3, 4)
    assert not info.causal
    assert info.mask_token is None


def test_all_are_recorded_with_scores(checkpoint):
    run = translate(checkpoint, targets=TARGETS)
    for kind in KINDS:
        maps = run.maps[kind]
        added = 0 if maps.added is None else maps.added[:, :, None]
        weights = torch.softmax(torch.tensor(maps.scores + added), dim=-1)
        np.testing.assert_allclose(maps.attentions, weights.numpy(), rtol=0, atol=1e-6)


def test_greedy_targets_are_those_of_a_plain_generate(checkpoint):
    """Plain generate has no cache here: one made from the config is too short for a decoder longer than its encoder."""
    run = translate(checkpoint, max_new_tokens=6)
    plain = load_plain(checkpoint)
    options = {"num_beams": 1, "num_return_sequences": 1, "do_sample": False, "max_new_tokens": 6, "use_cache": False}
    steps = {"return_dict_in_generate": True, "output_logits": True}
    theirs = plain.model.generate(**plain.sources(SOURCES), **options, **steps)
    ends = plain.model.generation_config.eos_token_id
    for row, sequence in enumerate(theirs.sequences.tolist()):
        n_kept = sequence.index(ends, 1) if ends in sequence[1:] else len(sequence)
        assert run.target.input_ids[row, run.target.attention_mask[row]].tolist() == sequence[:n_kept]
        for n, (_at, position) in enumerate(run.readouts):
            if run.readouts[n, 0] == row and position < len(theirs.logits):
                np.testing.assert_allclose(
                    run.readout_logits[n], theirs.logits[position][row].numpy(), rtol=0, atol=1e-4
                )


def test_given_targets_begin_as_the_models_own_do(checkpoint):
    given, greedy = translate(checkpoint, targets=TARGETS), translate(checkpoint, max_new_tokens=4)
    n_before = 2 if checkpoint.endswith(("/bart", "/mbart50")) else 1
    assert (given.target.input_ids[:, :n_before] == greedy.target.input_ids[:, :n_before]).all()
    assert given.target.special_tokens_mask[:, :n_before].all()
    assert not (given.target.special_tokens_mask & given.target.attention_mask)[:, n_before:].any()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (t5, ["<pad>", "▁the", "▁cat"]),
        (bart, ["</s>", "<s>", "t", "he", "␣cat"]),
        (marian, ["<pad>", "▁the", "▁cat"]),
        (mbart, ["ro_RO", "▁the", "▁cat"]),
        (mbart50, ["</s>", "ro_RO", "▁the", "▁cat"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_given_target_is_its_start_and_its_pieces_without_an_end(make, expected, checkpoints):
    run = translate(checkpoints[make], texts=("the turtle",), targets=("the cat",))
    assert list(run.target.tokens[0]) == expected
    assert run.readouts.tolist() == [[0, position] for position in range(len(expected))]


def test_heads_switched_off_equal_columns_of_the_output_projection_set_to_zero(checkpoint):
    off = frozenset({(0, 1), (2, 3)})
    run = translate(checkpoint, targets=TARGETS, off=off)
    plain = load_plain(checkpoint)
    for layer, head in off:
        block = plain.model.get_decoder()
        if run.model.family == "t5":
            projection = block.block[layer].layer[1].EncDecAttention.o
        else:
            projection = block.layers[layer].encoder_attn.out_proj
        width = projection.in_features // 4
        with torch.no_grad():
            projection.weight[:, head * width : (head + 1) * width] = 0
    theirs = plain.output(plain.sources(SOURCES), run.target.input_ids, run.target.attention_mask)
    rows, positions = run.readouts.T
    np.testing.assert_allclose(run.readout_logits, theirs.logits.numpy()[rows, positions], rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        run.maps["cross"].attentions, torch.stack(theirs.cross_attentions, dim=1).numpy(), rtol=0, atol=1e-6
    )
    whole = translate(checkpoint, targets=TARGETS)
    assert np.abs(whole.readout_logits - run.readout_logits).max() > 1e-3


def test_a_head_gives_way_to_its_mean_over_the_targets_real_tokens(checkpoints):
    run = translate(checkpoints[marian], targets=TARGETS, off=frozenset({(1, 2)}), off_by="mean")
    plain = load_plain(checkpoints[marian])
    real = torch.tensor(run.target.attention_mask)

    def mean_in_place(_module, inputs):
        outputs = inputs[0].clone()
        of_head = slice(2 * 6, 3 * 6)
        outputs[..., of_head] = outputs[real][:, of_head].mean(dim=0)
        return (outputs,)

    plain.model.get_decoder().layers[1].encoder_attn.out_proj.register_forward_pre_hook(mean_in_place)
    theirs = plain.output(plain.sources(SOURCES), run.target.input_ids, run.target.attention_mask)
    rows, positions = run.readouts.T
    np.testing.assert_allclose(run.readout_logits, theirs.logits.numpy()[rows, positions], rtol=0, atol=1e-5)


def test_with_heads_off_greedy_targets_are_those_of_the_whole_model(checkpoints):
    whole = translate(checkpoints[marian], max_new_tokens=5)
    without = translate(checkpoints[marian], max_new_tokens=5, off=frozenset({(0, 0), (1, 1), (2, 2)}))
    assert (whole.target.input_ids == without.target.input_ids).all()
    assert not np.allclose(whole.readout_logits, without.readout_logits)


def test_a_model_kept_eager_gives_the_same_maps_without_scores(checkpoints, monkeypatch):
    recorded = translate(checkpoints[bart], targets=TARGETS)
    models._loaded.clear()
    monkeypatch.setattr("transformers.BartForConditionalGeneration._can_set_attn_implementation", lambda: False)
    run = translate(checkpoints[bart], targets=TARGETS)
    models._loaded.clear()
    assert run.maps["cross"].scores is None
    for kind in KINDS:
        np.testing.assert_allclose(run.maps[kind].attentions, recorded.maps[kind].attentions, rtol=0, atol=1e-6)
        real = run.maps[kind].query_mask[:, None, :, None]
        assert (real & (run.maps[kind].allowed != recorded.maps[kind].allowed)).sum() == 0
    np.testing.assert_allclose(run.readout_logits, recorded.readout_logits, rtol=0, atol=1e-6)


def test_a_model_of_two_stacks_is_refused_where_one_is_read_and_the_other_way_round(checkpoints, tiny_bert):
    with pytest.raises(TwoStacks, match="Translate and cross-attention"):
        service.answer(Ask(checkpoints[t5], ("the cat",)))
    with pytest.raises(OneStack, match="one stack"):
        service.answer(Translate(tiny_bert.info.checkpoint, ("the cat",)))


def test_the_request_and_its_run_travel_and_the_request_is_pinned_to_its_weights(checkpoints):
    request = service.pinned(Translate(checkpoints[marian], SOURCES, TARGETS, off=frozenset({(0, 1)})))
    run = service.answer(pickle.loads(pickle.dumps(request)))
    assert request.revision == run.model.revision != ""
    travelled = pickle.loads(pickle.dumps(run))
    assert travelled.target is not None
    assert (travelled.maps["cross"].attentions == run.maps["cross"].attentions).all()


def test_a_saved_run_holds_all_three_kinds_and_the_target(checkpoints):
    for options in ({"targets": TARGETS}, {"max_new_tokens": 4, "padding_side": "left"}):
        run = translate(checkpoints[mbart50], **options)
        assert_same(run, saved.read(io.BytesIO(saved.as_bytes(run))))


def test_what_cannot_be_translated_is_refused(checkpoints, monkeypatch):
    checkpoint = checkpoints[marian]
    with pytest.raises(EmptyText, match="for example: The turtle moves slow across the river."):
        translate(checkpoint, texts=("  ",))
    with pytest.raises(EmptyText):
        translate(checkpoint, targets=("the cat", " "))
    with pytest.raises(TargetsDoNotMatch, match="2 sources and 1 targets"):
        translate(checkpoint, targets=("the cat",))
    with pytest.raises(TextTooLong):
        translate(checkpoint, texts=("the " * 40,))
    with pytest.raises(TextTooLong):
        translate(checkpoint, texts=("the",), targets=("the " * 40,))
    with pytest.raises(SettingOutOfRange, match="1 ≤ max_new_tokens ≤ 31"):
        translate(checkpoint, max_new_tokens=32)
    with pytest.raises(HeadOutOfRange):
        translate(checkpoint, targets=TARGETS, off=frozenset({(3, 0)}))
    monkeypatch.setattr("viz.settings.Settings.max_pass_bytes", 60_000)
    with pytest.raises(TranslationTooLarge, match="Of this length 1 texts fit; 2 texts fit with 10 tokens"):
        translate(checkpoint, targets=TARGETS)
