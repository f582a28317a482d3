"""In every family a cell is visible exactly where its layer let it through, and nothing else gets any weight."""

import numpy as np
import pytest

from tests.model.families import EAGER, RECORDED, gpt_neo, mistral, modernbert, write
from viz.analysis.heads import patterns
from viz.analysis.masks import additive
from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, VISIBLE, WINDOW, cell_states
from viz.analysis.masks.stages import matrix_stages
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model

FAMILIES = RECORDED | EAGER
CAUSAL_TEXTS = ["The turtle moves slow across the river", "The cat"]
WINDOWS = {"mistral": {0: 3, 1: 3}, "gemma2": {0: 4}, "gpt_neo": {1: 4}}  # of causal families, by layer


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """Give the folder of each family."""
    folder = tmp_path_factory.mktemp("families")
    return {make: write(folder / make.__name__, make, tokenizer()) for make, tokenizer in FAMILIES.items()}


@pytest.fixture(params=FAMILIES, ids=lambda make: make.__name__)
def loaded(request, checkpoints):
    return load_model(str(checkpoints[request.param]))


def texts_of(loaded) -> list[str]:
    mask = loaded.info.mask_token
    return CAUSAL_TEXTS if loaded.info.causal else [f"The turtle {mask} slow on the mat.", f"{mask} the"]


def passes(loaded):
    """Run padded on either side, not padded, with a token hidden, and with the first token hidden."""
    for texts, side in ((texts_of(loaded), "left"), (texts_of(loaded), "right"), (texts_of(loaded)[:1], "right")):
        batch = encode(loaded, texts, padding_side=side)
        for hidden in (None, 2, 0):
            told = batch.attention_mask.copy()
            if hidden is not None:
                told[np.arange(len(texts)), batch.attention_mask.argmax(axis=1) + min(hidden, 1)] = hidden == 0
                told[np.arange(len(texts)), batch.attention_mask.argmax(axis=1)] = hidden != 0
            yield run(loaded, batch, given_mask=told)


def by_hand(made) -> np.ndarray:
    """Say which cells a family lets through in each layer, from its configuration: bool ``[B, L, Q, K]``."""
    n, family = made.batch.n_tokens, made.model.family
    away = np.arange(n)[:, None] - np.arange(n)
    allowed = np.repeat(made.given_mask[:, None, None, :], made.model.n_layers, axis=1).repeat(n, axis=2)
    if made.model.causal:
        allowed &= away >= 0
    for layer, width in WINDOWS.get(family, {}).items():
        allowed[:, layer] &= away < width
    if family == "modernbert":
        allowed[:, 1] &= np.abs(away) <= 2
    if family in ("deberta", "deberta-v2"):  # a token it is told not to look at does not look either
        allowed &= made.given_mask[:, None, :, None]
    return allowed


def test_what_is_let_through_is_what_the_configuration_says(loaded):
    for made in passes(loaded):
        real = made.batch.attention_mask
        allowed = np.broadcast_to(made.allowed, (len(real), made.model.n_layers, *made.allowed.shape[2:]))
        for row in range(len(real)):
            assert (allowed[row][:, real[row]] == by_hand(made)[row][:, real[row]]).all()


def test_a_cell_is_visible_exactly_where_a_real_query_is_let_look_and_nothing_else_gets_weight(loaded):
    for made in passes(loaded):
        real = made.batch.attention_mask
        for layer in range(made.model.n_layers):
            allowed = by_hand(made)[:, layer]
            states = cell_states(made, layer)
            assert ((states == VISIBLE) == (allowed & real[:, :, None])).all()
            looks = allowed.any(axis=-1) & real
            weights = made.attentions[:, layer].transpose(0, 2, 3, 1)  # [B, Q, K, H]
            assert (weights[~allowed & looks[:, :, None]] == 0).all()
            of_nothing = (real & ~looks)[:, :, None] & real[:, None, :]
            assert ((states == NOTHING) == of_nothing).all()
            assert (states[~real] == PADDING).all()
            assert (states[np.broadcast_to(~real[:, None, :], states.shape)] == PADDING).all()


def test_the_softmax_of_scores_and_what_was_added_is_the_attention(loaded):
    if not loaded.recorded:
        assert run(loaded, encode(loaded, texts_of(loaded))).scores is None
        return
    for made in passes(loaded):
        for row, layer in np.ndindex(made.attentions.shape[:2]):
            for head in range(made.model.n_heads):
                shown = matrix_stages(made, row, layer, head)
                again = additive.softmax((shown.scores + shown.added).astype(np.float64))
                np.testing.assert_allclose(again, made.attentions[row, layer, head], rtol=0, atol=1e-6)
                assert not shown.nothing_added or (shown.added == 0).all()


def test_a_window_without_padding_adds_something_in_its_layer_only(checkpoints):
    loaded = load_model(str(checkpoints[modernbert]))
    made = run(loaded, encode(loaded, texts_of(loaded)[:1]))
    assert made.additive_mask.shape[1] == 2
    assert [matrix_stages(made, 0, layer, 0).nothing_added for layer in (0, 1)] == [True, False]
    assert [matrix_stages(made, 0, layer, 0).largest_difference < 1e-6 for layer in (0, 1)] == [True, True]


def test_what_a_window_leaves_out_is_no_later_key_and_not_hidden(checkpoints):
    loaded = load_model(str(checkpoints[mistral]))
    batch = encode(loaded, ["The turtle moves slow across"])
    told = batch.attention_mask.copy()
    told[0, 3] = False
    made = run(loaded, batch, given_mask=told)
    last = cell_states(made, 0)[0, 4].tolist()  # a window of three: keys 2, 3 and 4
    assert last[:5] == [WINDOW, WINDOW, VISIBLE, HIDDEN, VISIBLE]
    assert set(last[5:]) <= {CAUSAL}


def test_a_query_whose_whole_window_is_hidden_may_look_at_nothing_in_that_layer_only(checkpoints):
    for make, layer, other, width in ((gpt_neo, 1, 0, 4), (modernbert, 1, 0, None)):
        loaded = load_model(str(checkpoints[make]))
        batch = encode(loaded, texts_of(loaded)[:1])
        told = batch.attention_mask.copy()
        at = 5
        told[0, at - 3 : at + 1] = False
        if width is None:  # two to either side
            told[0, at - 2 : at + 3] = False
        made = run(loaded, batch, given_mask=told)
        assert (cell_states(made, layer)[0, at] == NOTHING).all()
        assert VISIBLE in cell_states(made, other)[0, at]


def test_a_uniform_head_of_a_window_looks_evenly_at_the_window(checkpoints):
    loaded = load_model(str(checkpoints[mistral]))
    made = run(loaded, encode(loaded, ["The turtle moves slow across"]))
    n = made.batch.n_tokens
    # A query looks evenly at itself and the two before it: (0 + 1 + 2) / 3 = 1 away; the first 0, the second 1/2.
    expected = (0 + 1 / 2 + (n - 2) * 1) / n
    np.testing.assert_allclose(patterns.uniform(made, "distance"), [expected, expected], rtol=0, atol=1e-6)
