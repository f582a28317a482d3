"""BERT-base and GPT-2 at full size, by the names people type, from a cache without a network.

The weights are random, the shapes, configurations and tokenizers are the real ones. The cache takes about 1 GB; it is
built once and kept in ``FULL_SIZE_HUB``, or in a folder of its own beside other temporary files.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SHARED = REPOSITORY.parent / "shared"
BUILDER = SHARED / "tools" / "make_local_hub.py"
LOCAL_HUB = Path(os.environ.get("FULL_SIZE_HUB") or Path(tempfile.gettempdir()) / "headlight-local-hub")

pytestmark = pytest.mark.skipif(not BUILDER.exists(), reason="needs ../shared")

PROMPTS = ("It will rain in the", "I want to eat a big bowl of", "My dog is")

COMPARE = """
import sys
import numpy as np
from tests.model import plain
from viz.engine.batching import encode
from viz.engine.forward import run
from viz.engine.models import load_model

checkpoint, *texts = sys.argv[1:]
loaded = load_model(checkpoint)
second = plain.load(checkpoint, causal=loaded.info.causal)
batch = encode(loaded, texts)
ours = run(loaded, batch)
attentions, logits = plain.output(second, plain.tokenized(second, texts))
rows, positions = ours.readouts.T
print(loaded.info.weights, loaded.recorded, *ours.attentions.shape)
print(np.abs(ours.attentions - attentions).max())
print(np.abs(ours.readout_logits - logits[rows, positions]).max())
print(batch.tokens)
"""


@pytest.fixture(scope="module")
def local_hub() -> Path:
    """Build the cache where it is not there yet."""
    subprocess.run([sys.executable, str(BUILDER), str(LOCAL_HUB)], check=True, capture_output=True)
    return LOCAL_HUB


def offline(local_hub: Path, program: str, *arguments: str) -> list[str]:
    environment = os.environ | {"HF_HOME": str(local_hub), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=REPOSITORY, env=environment, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "checkpoint, texts, shape, first_tokens",
    [
        (
            "google-bert/bert-base-uncased",
            ["The turtle moves slow across the [MASK].", "We turned down a narrow lane and passed [MASK]."],
            "2 12 12 12 12",
            "('[CLS]', 'the', 'turtle', 'moves', 'slow', 'across', 'the', '[MASK]', '.', '[SEP]', '[PAD]', '[PAD]')",
        ),
        (
            "openai-community/gpt2",
            ["The turtle moves slow across the river and then sleeps under", "My dog is"],
            "2 12 12 11 11",
            "('The', '␣turtle', '␣moves', '␣slow', '␣across', '␣the', '␣river', '␣and', '␣then', '␣sleeps', '␣under')",
        ),
    ],
)
def test_a_full_size_model_loads_by_name_and_shows_the_numbers_of_plain_transformers(
    checkpoint, texts, shape, first_tokens, local_hub
):
    described, attentions, logits, tokens = offline(local_hub, COMPARE, checkpoint, *texts)
    assert described == f"random True {shape}"
    assert float(attentions) < 1e-6
    assert float(logits) < 1e-5
    assert tokens.startswith(f"({first_tokens}, ")


def test_the_prompts_of_the_batching_example_have_their_well_known_ids_and_masks(local_hub):
    program = (
        "import sys; from viz.engine.models import load_model; from viz.engine.batching import encode\n"
        "batch = encode(load_model('gpt2'), sys.argv[1:], padding_side='left')\n"
        "for ids, real in zip(batch.input_ids, batch.attention_mask): print(ids.tolist(), real.astype(int).tolist())"
    )
    assert offline(local_hub, program, *PROMPTS) == [
        "[50256, 50256, 50256, 1026, 481, 6290, 287, 262] [0, 0, 0, 1, 1, 1, 1, 1]",
        "[40, 765, 284, 4483, 257, 1263, 9396, 286] [1, 1, 1, 1, 1, 1, 1, 1]",
        "[50256, 50256, 50256, 50256, 50256, 3666, 3290, 318] [0, 0, 0, 0, 0, 1, 1, 1]",
    ]


def test_sixteen_texts_of_512_tokens_are_refused_and_the_number_that_fits_runs(local_hub):
    program = (
        "from viz.engine.models import load_model; from viz.engine.batching import encode; from viz.engine.forward "
        "import run\n"
        "from viz.errors import BatchTooLarge\n"
        "loaded = load_model('google-bert/bert-base-uncased')\n"
        "try: run(loaded, encode(loaded, ['the ' * 510] * 16))\n"
        "except BatchTooLarge as error: print(error)\n"
        "print(*run(loaded, encode(loaded, ['the ' * 510] * 4)).attentions.shape)"
    )
    assert offline(local_hub, program) == [
        "A batch of 16 x 512 tokens on 12 layers of 12 heads has 2,415 MB of attention and logits; at most 640 MB are "
        "kept. "
        "Of this length 4 texts fit; 16 texts fit with 263 tokens each.",
        "4 12 12 512 512",
    ]
