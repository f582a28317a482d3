"""One tokenizer serves all threads: cutting a text for one of them never cuts, or spares, another's."""

import ast
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.conftest import REPOSITORY
from viz.engine.batching import encode, encode_pair

SECONDS = 1.5
LONG, SHORT = "the turtle moves slow across the river " * 9, "the turtle moves slow"

FILES = sorted((REPOSITORY / "viz").rglob("*.py"))


@pytest.fixture(params=["tiny_bert", "tiny_gpt2"])
def loaded(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def impatient():
    """Let threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def outcome(loaded, ask) -> tuple:
    """Give all that a question comes to: a batch's fields, or the error."""
    try:
        batch = ask(loaded)
    except Exception as error:
        return type(error).__name__, str(error)
    fields = (batch.texts, batch.tokens, batch.input_ids, batch.word_ids, batch.special_tokens_mask, batch.truncated)
    return tuple(field.tolist() if isinstance(field, np.ndarray) else field for field in fields)


QUESTIONS = [
    lambda loaded: encode(loaded, [LONG], truncate=True),
    lambda loaded: encode(loaded, [LONG]),
    lambda loaded: encode_pair(loaded, LONG, SHORT, truncate=True),
    lambda loaded: encode(loaded, [SHORT, SHORT + " across"]),
]


def test_four_threads_half_of_which_cut_get_what_they_get_alone(loaded, impatient):
    alone = [outcome(loaded, ask) for ask in QUESTIONS]
    assert alone[1][0] == "TextTooLong"
    until = time.monotonic() + SECONDS

    def differing(number: int) -> list[tuple]:
        found = []
        while time.monotonic() < until:
            got = outcome(loaded, QUESTIONS[number])
            if got != alone[number]:
                found.append(got)
        return found

    with ThreadPoolExecutor(4) as pool:
        wrong = [found for of_thread in pool.map(differing, range(4)) for found in of_thread]
    assert wrong == []


def direct_calls(tree: ast.AST) -> list[str]:
    """List calls of, and copies of, a model's tokenizer that pass by the turns threads take."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        given = [ast.unparse(argument) for argument in node.args]
        works = called.split(".")[-2:]
        if works[-1] == "tokenizer" or works in [["tokenizer", name] for name in ("encode", "tokenize", "pad")]:
            found.append(ast.unparse(node))
        if called in ("copy.deepcopy", "copy.copy") and any(name.split(".")[-1] == "tokenizer" for name in given):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_no_module_calls_a_shared_tokenizer_itself(file):
    assert direct_calls(ast.parse(file.read_text())) == []


@pytest.mark.parametrize(
    "line",
    ["loaded.tokenizer(text)", "tokenizer(text)", "loaded.tokenizer.encode(text)", "copy.deepcopy(loaded.tokenizer)"],
)
def test_a_direct_call_would_be_found(line):
    assert len(direct_calls(ast.parse(line))) == 1
