"""Take apart what a map sends to a browser, and make runs of so many tokens."""

import json
import struct

import numpy as np

from tests import hand_made
from viz.records import Run


def unpacked(data: bytes, shape: tuple[int, int]) -> tuple[dict, np.ndarray]:
    """Give the header of a payload, and its cells as they are sent, ``uint32 [Q, K]``."""
    (length,) = struct.unpack("<I", data[:4])
    assert (4 + length) % 4 == 0
    return json.loads(data[4 : 4 + length]), np.frombuffer(data[4 + length :], "<u4").reshape(shape)


def some_run(n_tokens: int, *, n_real: int | None = None, **fields) -> Run:
    """Make a run of two heads with any weights; its tokens are called <t0>, <t1>, ..."""
    weights = np.random.default_rng(2).random((1, 1, 2, n_tokens, n_tokens), dtype=np.float32)
    real = [[1] * (n_real or n_tokens) + [0] * (n_tokens - (n_real or n_tokens))]
    tokens = {"tokens": (tuple(f"<t{at}>" for at in range(n_tokens)),)}
    model = hand_made.model_info(1, 2, **fields)
    return hand_made.run(real, model=model, attentions=weights, batch_fields=tokens)
