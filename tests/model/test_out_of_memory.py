"""A pass for which there is no memory ends in a sentence, and the process answers the next one. A real limit is set."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.conftest import REPOSITORY
from viz.engine.memory_left import memory_said
from viz.errors import OutOfMemory

PROGRAM = """
import json, resource
from pathlib import Path
from viz.engine.local import engine
from viz.engine.requests import Ask
from viz.errors import OutOfMemory

engine.ask(Ask("headlight-bert", ("a [MASK]",)))
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 60_000_000, resource.RLIM_INFINITY))
try:
    engine.ask(Ask("headlight-bert", ("the " * 120 + "[MASK]",) * 16))
    said = ""
except OutOfMemory as error:
    said = str(error)
after = engine.ask(Ask("headlight-bert", ("another [MASK]",)))
print(json.dumps([said, after.batch.tokens[0]]))
"""


def test_a_pass_without_memory_is_a_sentence_and_the_next_one_is_answered():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=True
    )
    said, tokens = json.loads(done.stdout)
    assert re.match(
        r"This computer has too little memory left to answer this now: \d+ bytes more could not be had", said
    )
    assert tokens == ["[CLS]", "another", "[MASK]", "[SEP]"]


@pytest.mark.parametrize(
    ("take", "wanted"),
    [
        (lambda: np.ones(1 << 50, dtype=np.int8), "1.00 PiB"),
        (lambda: torch.ones(1 << 50), f"{4 << 50} bytes"),
        (lambda: bytearray(1 << 60), "what this takes"),
    ],
)
def test_each_library_says_it_in_its_own_way(take, wanted):
    with pytest.raises(OutOfMemory, match=re.escape(wanted)), memory_said():
        take()


def test_other_errors_stay_as_they_are():
    for error in (RuntimeError("shapes differ"), ValueError("bad_alloc")):
        with pytest.raises(type(error)) as caught, memory_said():
            raise error
        assert caught.value is error
