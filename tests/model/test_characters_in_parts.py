"""Chinese and Russian in a model of bytes: labels are held against the tokenizer's own bytes."""

import re

import pytest
from transformers.convert_slow_tokenizer import bytes_to_unicode

from viz.engine import batching
from viz.engine.forward import run
from viz.engine.models import load_model
from viz.examples import example
from viz.labels import first_in_parts, visible

PART = re.compile(r"(.+)·(\d)/(\d)")
TEXTS = ["注意力", "Внимание", "head 注意力头 and голова внимания", "ёжик съел 苹果。", "naïve café — ок"]
TEXTS += [line for code in ("zh", "ru") for line in example("batch", f"beginnings_{code}").splitlines()]


@pytest.fixture(scope="module")
def gpt2():
    return load_model("headlight-gpt2")


def bytes_of(model, batch, row: int) -> list[bytes]:
    """Give each token's bytes by transformers' own table."""
    table = {character: byte for byte, character in bytes_to_unicode().items()}
    tokens = model.tokenizer.convert_ids_to_tokens(batch.input_ids[row][batch.attention_mask[row]].tolist())
    return [bytes(table[character] for character in token) for token in tokens]


def check(labels: list[str], raw: list[bytes], text: str) -> int:
    """Walk labels and bytes side by side; gives how many characters lie in parts."""
    assert b"".join(raw) == text.encode()
    at = n_cut = 0
    while at < len(labels):
        part = PART.fullmatch(labels[at])
        n = int(part[3]) if part else 1
        expected = visible(b"".join(raw[at : at + n]).decode())
        group = [f"{expected}·{number}/{n}" for number in range(1, n + 1)] if part else [expected]
        assert labels[at : at + n] == group
        at, n_cut = at + n, n_cut + bool(part)
    return n_cut


@pytest.mark.parametrize("text", TEXTS)
def test_each_label_names_the_characters_of_its_bytes_and_which_part_it_is(gpt2, text):
    batch = batching.encode(gpt2, [text])
    n_cut = check(list(batch.tokens[0]), bytes_of(gpt2, batch, 0), text)
    assert n_cut >= sum(re.match("[\u0400-\u9fff]", character) is not None for character in text) > 0 or "naïve" in text


@pytest.mark.parametrize("side", ["left", "right"])
def test_beside_padding_too(gpt2, side):
    texts = ["注意力", "Внимание", "a"]
    batch = batching.encode(gpt2, texts, padding_side=side)
    for row, text in enumerate(texts):
        labels = [label for label, real in zip(batch.tokens[row], batch.attention_mask[row], strict=True) if real]
        check(labels, bytes_of(gpt2, batch, row), text)


def test_the_maps_are_labelled_as_the_batch_is(gpt2):
    made = run(gpt2, batching.encode(gpt2, ["Внимание"]))
    assert made.maps["self"].keys == made.maps["self"].queries == made.batch.tokens
    assert first_in_parts(made.batch.tokens[0]) == ("В", 2)
