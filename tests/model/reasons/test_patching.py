"""Patches are what hooks on a plain model give; with all states of another text the answer is that text's."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers as tf

from tests import tiny
from tests.model import plain
from tests.model.families import roberta, with_mask
from viz.analysis.reasons.patching import Patched
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import LoadedModel, load_model
from viz.engine.reasons import patching
from viz.engine.reasons.requests import Patch
from viz.engine.restarting import RESTARTED
from viz.engine.service import answer
from viz.errors import LayersAreOne, NoMaskToken, NotOneToken, NotSameLength, TokensDoNotFit, TooLongToPatch
from viz.shipped import MODELS_FOLDER

MASKED = "the turtle moves [MASK] across the river", "the river moves [MASK] across the turtle"
BEGINNINGS = "The turtle moves slow across the", "The across moves slow turtle the"


def patched(loaded: LoadedModel, texts: tuple[str, str], **options) -> Patched:
    return patching.patch(loaded, run(loaded, encode(loaded, [texts[0]])), texts[1], 0, **options)


class Hooked:
    """Run a plain checkpoint, edited by hand: what enters a module in the first text's pass comes from the second's."""

    def __init__(self, folder: Path | str, texts: tuple[str, str], *, causal: bool):
        self.model = plain.load(Path(folder), causal=causal)
        self.inputs = [plain.tokenized(self.model, [text], "right") for text in texts]
        self.others = {}
        body = self.model.model
        self.layers = list(body.transformer.h) if causal else list(body.bert.encoder.layer)
        self.projections = [of.attn.c_proj if causal else of.attention.output.dense for of in self.layers]

    def entering(self, module: torch.nn.Module) -> torch.Tensor:
        """Give what enters a module in the second text's pass, ``[1, T, D]``."""
        seen = []
        handle = module.register_forward_pre_hook(lambda _module, given: seen.append(given[0].clone()))
        plain.output(self.model, self.inputs[1])
        handle.remove()
        return seen[0]

    def logits(self, text: int = 0) -> np.ndarray:
        return plain.output(self.model, self.inputs[text])[1][0]

    def with_entering(self, module: torch.nn.Module, chosen: torch.Tensor) -> np.ndarray:
        """Give the first text's logits with what enters a module replaced where it is chosen, bool ``[T, D]``."""
        if module not in self.others:
            self.others[module] = self.entering(module)
        other = self.others[module]
        handle = module.register_forward_pre_hook(
            lambda _module, given: (torch.where(chosen, other, given[0]), *given[1:])
        )
        made = self.logits()
        handle.remove()
        return made


def check(got: Patched, ids: list[int], expected: list[list[np.ndarray]]) -> None:
    """Compare a board with logits ``[T, V]`` of every patch by hand."""
    assert np.shape(expected)[:2] == got.logits.shape[:2]
    for layer, row in enumerate(expected):
        for column, logits in enumerate(row):
            at = logits[got.readout].astype(np.float64)
            shares = np.exp(at - at.max()) / np.exp(at - at.max()).sum()
            np.testing.assert_allclose(got.logits[layer, column], at[ids], atol=2e-4)
            np.testing.assert_allclose(got.probabilities[layer, column], shares[ids], atol=1e-5)
    assert np.abs(got.shifts[:, :-1]).max() > 1e-2  # or nothing was compared


def cases(family: str, folders: dict[str, Path]) -> list[tuple[str, tuple[str, str]]]:
    tiny_texts = MASKED if family == "bert" else BEGINNINGS
    long = ("The dogs near the house [MASK] old.", "The dog near the house [MASK] old.")
    ours = long if family == "bert" else ("The boys near the house", "The boy near the house")
    return [(str(folders[family]), tiny_texts), (str(MODELS_FOLDER / f"headlight-{family}"), ours)]


@pytest.fixture(scope="module")
def folders(tiny_bert_folder, tiny_gpt2_folder) -> dict[str, Path]:
    return {"bert": tiny_bert_folder, "gpt2": tiny_gpt2_folder}


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize("position", [None, 2])
def test_heads_are_what_a_hook_on_the_projection_of_a_plain_model_gives(folders, family, position):
    for folder, texts in cases(family, folders)[: 2 if position is None else 1]:
        loaded, by_hand = load_model(folder), Hooked(folder, texts, causal=family == "gpt2")
        got = patched(loaded, texts, position=position)
        n_tokens, n_heads = len(got.tokens[0]), loaded.info.n_heads
        tokens = torch.arange(n_tokens) == position if position is not None else torch.ones(n_tokens, dtype=torch.bool)
        expected = []
        for projection in by_hand.projections:
            parts = torch.arange(by_hand.model.model.config.hidden_size) // (
                by_hand.model.model.config.hidden_size // n_heads
            )
            of_heads = [parts == head for head in range(n_heads)] + [parts >= 0]
            expected.append([by_hand.with_entering(projection, tokens[:, None] & part) for part in of_heads])
        check(got, [loaded.info.vocabulary.index(word) for word in got.words], expected)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_states_are_what_a_hook_on_the_layer_of_a_plain_model_gives(folders, family):
    for folder, texts in cases(family, folders)[:1]:
        loaded, by_hand = load_model(folder), Hooked(folder, texts, causal=family == "gpt2")
        got = patched(loaded, texts, what="states")
        n_tokens = len(got.tokens[0])
        chosen = [*torch.eye(n_tokens, dtype=torch.bool), torch.ones(n_tokens, dtype=torch.bool)]
        expected = [[by_hand.with_entering(layer, one[:, None]) for one in chosen] for layer in by_hand.layers]
        check(got, [loaded.info.vocabulary.index(word) for word in got.words], expected)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_with_all_states_of_any_layer_the_answer_is_the_other_texts(folders, family):
    for folder, texts in cases(family, folders):
        loaded, by_hand = load_model(folder), Hooked(folder, texts, causal=family == "gpt2")
        got = patched(loaded, texts, what="states")
        ids = [loaded.info.vocabulary.index(word) for word in got.words]
        ends = [by_hand.logits(text)[got.readout][ids] for text in (0, 1)]
        np.testing.assert_allclose(got.end_logits, ends, atol=5e-5)
        for layer in range(loaded.info.n_layers):
            np.testing.assert_allclose(got.logits[layer, -1], ends[1], atol=5e-5)
            np.testing.assert_allclose(got.shares[layer, -1], 1, atol=1e-4)
        assert abs(ends[0] - ends[1]).max() > 0.01


@pytest.fixture(scope="module")
def others(tmp_path_factory) -> dict[str, LoadedModel]:
    """Give models of further families: two whose layers can be begun at, two that run whole."""
    tokenizer = tf.BertTokenizer(vocab=dict(tiny.WORDPIECE_VOCABULARY))
    shape = {"num_attention_heads": 3, "max_position_embeddings": 32, "initializer_range": 0.3, "intermediate_size": 48}
    size = {"vocab_size": len(tiny.WORDPIECE_VOCABULARY), "hidden_size": 24, "num_hidden_layers": 2}
    narrow = {"dim": 24, "n_layers": 2, "n_heads": 3, "hidden_dim": 48, "max_position_embeddings": 32}
    torch.manual_seed(5)
    made = {
        "electra": tf.ElectraForMaskedLM(tf.ElectraConfig(embedding_size=24, **shape, **size)),
        "albert": tf.AlbertForMaskedLM(tf.AlbertConfig(embedding_size=12, **shape, **size)),
        "distilbert": tf.DistilBertForMaskedLM(
            tf.DistilBertConfig(vocab_size=size["vocab_size"], initializer_range=0.3, **narrow)
        ),
        "modernbert": tf.ModernBertForMaskedLM(
            tf.ModernBertConfig(**shape, **size, pad_token_id=0, global_attn_every_n_layers=2, local_attention=4)
        ),
    }
    tokenizers = dict.fromkeys(made, tokenizer) | {"roberta": with_mask()}
    made["roberta"] = roberta(tokenizers["roberta"])
    root, loaded = tmp_path_factory.mktemp("others"), {}
    for name, model in made.items():
        model.save_pretrained(root / name)
        tokenizers[name].save_pretrained(root / name)
        loaded[name] = load_model(str(root / name))
    return loaded


@pytest.mark.parametrize("family", ["electra", "roberta", "distilbert", "modernbert"])
def test_other_families_are_patched_too(others, family):
    loaded = others[family]
    assert loaded.recorded and (family in RESTARTED) == (family in ("electra", "roberta"))
    got = patched(loaded, MASKED, what="states")
    np.testing.assert_allclose(got.logits[:, -1], np.broadcast_to(got.end_logits[1], (2, 2)), atol=1e-5)
    assert np.abs(got.shifts[:, :-1]).max() > 1e-3
    heads = patched(loaded, MASKED)
    np.testing.assert_array_equal(heads.end_logits, got.end_logits)
    assert np.abs(heads.shifts[:, :-1]).max() > 1e-3


def test_layers_that_are_one_module_give_way_at_heads_only(others):
    assert np.abs(patched(others["albert"], MASKED).shifts).max() > 1e-3
    with pytest.raises(LayersAreOne, match="Patch the outputs of its heads instead"):
        patched(others["albert"], MASKED, what="states")


def test_a_long_text_is_split_into_more_passes_with_the_same_results(tiny_gpt2, monkeypatch):
    for what in ("heads", "states"):
        at_once = patched(tiny_gpt2, BEGINNINGS, what=what)
        monkeypatch.setattr("viz.engine.copies.MAX_MAP_BYTES", 1)
        np.testing.assert_allclose(patched(tiny_gpt2, BEGINNINGS, what=what).logits, at_once.logits, atol=1e-5)
        monkeypatch.undo()


def test_the_same_text_twice_moves_nothing_and_has_no_way(tiny_bert):
    got = patched(tiny_bert, (MASKED[0], MASKED[0]))
    np.testing.assert_allclose(got.shifts, 0, atol=1e-5)
    assert not got.has_way and np.isnan(got.shares).all() and got.words[0] != got.words[1]


def test_words_are_those_typed_or_the_texts_own_best(tiny_bert):
    runs = [run(tiny_bert, encode(tiny_bert, [text])) for text in MASKED]
    best = [tiny_bert.info.vocabulary[int(of.readout_logits[0].argmax())] for of in runs]
    got = patched(tiny_bert, MASKED)
    assert got.words[0] == best[0] and (got.words[1] == best[1] or best[0] == best[1])
    typed = patched(tiny_bert, MASKED, words=("cat", "river"))
    assert typed.words == ("cat", "river")
    ids = [tiny_bert.info.vocabulary.index(word) for word in typed.words]
    for end, of in zip(typed.end_logits, runs):
        np.testing.assert_allclose(end, of.readout_logits[0][ids], atol=1e-5)


def test_what_cannot_be_patched_is_refused_in_words(tiny_bert, tiny_gpt2, monkeypatch):
    with pytest.raises(NotSameLength, match="first sentence has 9 tokens and the second 5"):
        patched(tiny_bert, (MASKED[0], "the dog [MASK]"))
    with pytest.raises(TokensDoNotFit, match="positions 10 do not exist"):
        patched(tiny_bert, MASKED, position=9)
    with pytest.raises(NotOneToken):
        patched(tiny_bert, MASKED, words=("turtles", ""))
    monkeypatch.setattr(patching, "MAX_TOKENS", 3)
    with pytest.raises(TooLongToPatch, match="states are patched for at most 3"):
        patched(tiny_gpt2, BEGINNINGS, what="states")
    with pytest.raises(NoMaskToken):
        answer(Patch("headlight-bert", "No mask.", "No mask."))


def test_a_request_gives_the_board_and_says_how_far_it_is():
    heard = []
    request = Patch("headlight-gpt2", "The boys near the house", "The boy near the house")
    got = answer(request, hear=heard.append)
    assert got.words == ("␣are", "␣is") and got.logits.shape == (6, 13, 2)
    assert heard == [(layer + 1) / 6 for layer in range(6)]
    assert got.ends[0] > 0 > got.ends[1]
    travelled = pickle.loads(pickle.dumps((request, got)))
    assert travelled[0] == request and np.array_equal(travelled[1].logits, got.logits)
