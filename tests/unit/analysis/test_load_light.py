"""The light says how a model loaded: each defect its colour, its sentence and its remedy, and no alarm for nothing."""

from dataclasses import replace

import pytest

from viz.analysis.load_check import LoadCheck
from viz.analysis.load_light import EVENNESS_BOUND, ROW_SUM_BOUND, light

# The figures of a shipped model, as plain transformers gives them.
SOUND = LoadCheck(
    checkpoint="headlight-bert",
    revision="0" * 12,
    family="bert",
    weights="pretrained",
    words="read",
    n_parameters=4_000_000,
    n_bytes=16_000_000,
    device="cpu",
    missing=(),
    unexpected=(),
    row_sum_error=1.5e-7,
    n_nan=0,
    evenness=0.63,
)
HEAD = ("cls.predictions.bias", "cls.predictions.transform.dense.bias", "cls.predictions.transform.dense.weight")
LAYER = tuple(f"bert.encoder.layer.1.attention.self.{name}.weight" for name in ("query", "key", "value")) + (
    "bert.encoder.layer.1.output.dense.weight",
)


def said(check: LoadCheck, colour: str) -> list[str]:
    return [str(finding.said) for finding in light(check).findings if finding.colour == colour]


def remedies(check: LoadCheck) -> list[str]:
    return [str(finding.remedy) for finding in light(check).findings if finding.remedy is not None]


def test_a_sound_model_is_green_and_every_look_is_told():
    assert light(SOUND).colour == "green"
    assert said(SOUND, "green") == [
        "Every weight that attention and words need was in the files.",
        "No weight in the files was left over.",
        "All numbers of the trial pass are numbers (no NaN).",
        "Every row of attention sums to 1 (at most 1.5e-07 off).",
        "Attention looks trained: evenness 0.63, far below 1.",
        "It guesses words: its output layer was in the files.",
    ]
    assert remedies(SOUND) == []


def test_a_missing_layer_is_red_and_names_the_first_weights():
    broken = replace(SOUND, missing=LAYER, weights="random", evenness=0.7)
    assert light(broken).colour == "red"
    first, *_ = said(broken, "red")
    assert first == f"Weights missing from the files: 4 ({', '.join(LAYER[:3])}, …). They are random."
    assert any("all files of the model were copied" in remedy for remedy in remedies(broken))
    assert any("Its words and its heads mean nothing" in remedy for remedy in remedies(broken))


def test_a_missing_word_head_is_amber_and_says_what_works():
    headless = replace(SOUND, missing=HEAD, words="missing")
    assert light(headless).colour == "amber"
    assert said(headless, "amber") == [
        f"Weights missing from the files: 3 ({', '.join(HEAD)}). They are random.",
        "Its output layer was not in the files: maps, the head board, claims and masks work, best words do not.",
    ]
    assert any("saved as a masked or causal language model" in remedy for remedy in remedies(headless))


def test_an_encoder_made_without_words_is_green_and_says_what_works():
    encoder = replace(SOUND, words="none")
    assert light(encoder).colour == "green"
    assert "maps, the head board, claims and masks work, best words do not." in said(encoder, "green")[-1]


def test_layers_left_over_are_amber_with_the_config_as_the_remedy():
    left = replace(SOUND, unexpected=("bert.encoder.layer.7.attention.self.query.weight",))
    assert light(left).colour == "amber"
    assert said(left, "amber") == [
        "Weights left over in the files: 1 (bert.encoder.layer.7.attention.self.query.weight). They are not used."
    ]
    assert "config.json names too few of them" in remedies(left)[0]


@pytest.mark.parametrize("error, colour", [(2e-7, "green"), (ROW_SUM_BOUND, "green"), (3e-4, "red"), (0.3, "red")])
def test_rows_that_do_not_sum_to_one_are_red(error, colour):
    assert light(replace(SOUND, row_sum_error=error)).colour == colour


def test_numbers_that_are_none_are_red_and_nothing_else_is_judged_by_them():
    nan = float("nan")
    broken = replace(SOUND, n_nan=1_728, row_sum_error=nan, evenness=nan)
    assert said(broken, "red") == ["1,728 numbers of the trial pass are no numbers (NaN)."]
    assert len(light(broken).findings) == 4  # missing, left over, NaN, words


@pytest.mark.parametrize("evenness, colour", [(0.59, "green"), (0.81, "green"), (0.955, "green"), (0.9987, "amber")])
def test_attention_as_even_as_that_of_a_newborn_model_is_amber(evenness, colour):
    """Measured: two trained models, a text of two tokens, scores capped at 0.5; the model before any training."""
    assert light(replace(SOUND, evenness=evenness)).colour == colour


def test_random_weights_are_red_however_uneven_their_attention():
    born = replace(SOUND, weights="random", evenness=0.7)
    assert light(born).colour == "red"
    assert said(born, "red") == [
        "The weights are random, not trained: some of the layers are missing, or every norm is as it is born."
    ]


def test_the_bounds_lie_between_what_was_measured():
    assert 0.955 < EVENNESS_BOUND < 0.9987
    assert 2e-7 * 10 < ROW_SUM_BOUND < 3e-4
