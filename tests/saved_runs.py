"""Build runs that need every entry of a file, and files as others would write them, with plain numpy."""

import io

import numpy as np
import pytest

from tests import hand_made
from viz.errors import NotARun
from viz.files import saved
from viz.records import Batch, Maps, ModelInfo, Run, Stack, self_maps

RUN_ARRAYS = ("given_mask", "readouts", "readout_logits")
BATCH_ARRAYS = ("input_ids", "attention_mask", "special_tokens_mask", "token_type_ids", "position_ids", "word_ids")
MAPS_ARRAYS = ("query_mask", "key_mask", "attentions", "scores", "added", "allowed", "value_norms")


def full_run() -> Run:
    """Build a run of two texts, one left-padded, with every optional array and numbers that need every bit."""
    random = np.random.default_rng(5)
    real = np.array([[False, True, True], [True, True, True]])
    batch = Batch(
        texts=("🐢 $x$", "我们 <b>\n"),
        tokens=(("[PAD]", "🐢", "·1/2"), ("我", "们", "⏎")),
        input_ids=np.array([[0, 7, 8], [4, 5, 6]]),
        attention_mask=real,
        special_tokens_mask=~real,
        token_type_ids=np.array([[0, 0, 1], [0, 1, 1]]),
        position_ids=np.array([[0, 0, 1], [0, 1, 2]]),
        word_ids=np.array([[-1, 0, 0], [0, 1, 2]]),
        padding_side="left",
        truncated=(False, True),
    )
    model = ModelInfo("m/x", "abc123", "bert", "random", False, 2, 2, 32, "[MASK]", ("a", "ё", '"', "🐢"))
    attentions = random.random((2, 2, 2, 3, 3), dtype=np.float32)
    return Run(
        model=model,
        batch=batch,
        given_mask=random.random((2, 3, 3)) > 0.5,
        maps=self_maps(
            batch,
            attentions,
            random.standard_normal((2, 2, 2, 3, 3)).astype(np.float32),
            np.full((2, 2, 3, 3), np.finfo(np.float32).min, dtype=np.float32),
            random.random((2, 2, 3, 3)) > 0.5,
            random.random((2, 2, 2, 3), dtype=np.float32),
        ),
        readouts=np.array([[0, 1], [1, 2]]),
        readout_logits=random.standard_normal((2, 4)).astype(np.float32),
    )


def three_kind_run() -> Run:
    """Build a run of a model with two stacks: 3 source tokens, 2 target tokens, layers and heads of their own.

    Its read-outs are in the second text of the target, which the source has more tokens than.
    """
    random = np.random.default_rng(6)
    source = ((("die", "Maus", "[PAD]"), ("ein", "🐢", "·1/2")), np.array([[1, 1, 0], [1, 1, 1]], dtype=bool))
    target = ((("a", "mouse"), ("[PAD]", "b")), np.array([[1, 1], [0, 1]], dtype=bool))

    def maps(queries, keys, n_layers: int, scored: bool) -> Maps:
        cells = (len(queries[0][0]), len(keys[0][0]))
        shape = (2, n_layers, 2, *cells)
        scores = random.standard_normal(shape).astype(np.float32) if scored else None
        added = random.standard_normal((2, 1, *cells)).astype(np.float32) if scored else None
        allowed = random.random((2, n_layers, *cells)) > 0.5
        attentions = random.random(shape, dtype=np.float32)
        norms = random.random(shape[:3] + cells[1:], dtype=np.float32) if scored else None
        return Maps(queries[0], keys[0], queries[1], keys[1], attentions, scores, added, allowed, norms)

    stacks = (Stack("encoder", 2, 2), Stack("decoder", 3, 2), Stack("cross", 3, 2))
    return Run(
        model=hand_made.model_info(3, 2, family="t5", mask_token=None, vocabulary=("b", "c"), stacks=stacks),
        batch=hand_made.batch(source[1].tolist(), tokens=source[0]),
        given_mask=source[1],
        maps={
            "encoder": maps(source, source, 2, scored=False),
            "decoder": maps(target, target, 3, scored=True),
            "cross": maps(target, source, 3, scored=True),
        },
        readouts=np.array([[0, 0], [0, 1], [1, 1]]),
        readout_logits=random.standard_normal((3, 2)).astype(np.float32),
        target=hand_made.batch(
            target[1].tolist(), tokens=target[0], texts=("mouse", "<b>"), padding_side="left", truncated=(True, False)
        ),
    )


def foreign(**changed) -> io.BytesIO:
    """Make a file of the four required entries with plain numpy; ``changed`` replaces, adds, or leaves out (None)."""
    entries = {
        "tokens": np.array([["my", "own", "attention"]]),
        "attention_mask": np.ones((1, 3), dtype=int),
        "attentions": np.full((1, 2, 4, 3, 3), 1 / 3),
        "meta": "{}",
    }
    file = io.BytesIO()
    np.savez(file, **{name: entry for name, entry in (entries | changed).items() if entry is not None})
    file.seek(0)
    return file


def refusal(source, name: str = "mine.npz") -> str:
    """Give the sentence with which a file is refused; fails where it opens, or another error comes out."""
    with pytest.raises(NotARun) as caught:
        saved.read(source, name)
    said = str(caught.value)
    assert said.startswith(f"'{name or source}' is not a saved run: ")
    assert said.endswith(".")
    return said


def assert_same(run: Run, again: Run) -> None:
    """Compare two runs bit for bit."""
    _assert_same_arrays(run, again, RUN_ARRAYS)
    assert list(run.maps) == list(again.maps)
    for kind, maps in run.maps.items():
        _assert_same_arrays(maps, again.maps[kind], MAPS_ARRAYS)
        assert (maps.queries, maps.keys) == (again.maps[kind].queries, again.maps[kind].keys), kind
    _assert_same_batch(run.batch, again.batch)
    assert (run.target is None) == (again.target is None)
    if run.target is not None and again.target is not None:
        _assert_same_batch(run.target, again.target)
    for name in ModelInfo.__dataclass_fields__:
        assert getattr(run.model, name) == getattr(again.model, name), name


def _assert_same_batch(batch: Batch, again: Batch) -> None:
    _assert_same_arrays(batch, again, BATCH_ARRAYS)
    for name in ("texts", "tokens", "padding_side", "truncated"):
        assert getattr(batch, name) == getattr(again, name), name


def _assert_same_arrays(of, again, names: tuple[str, ...]) -> None:
    for name in names:
        before, after = getattr(of, name), getattr(again, name)
        if before is None:
            assert after is None, name
            continue
        assert (before.dtype, before.shape, before.tobytes()) == (after.dtype, after.shape, after.tobytes()), name
