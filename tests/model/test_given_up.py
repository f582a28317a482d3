"""Writing ends at the next token once nobody waits for it; what is wanted is written as ever."""

import pytest
from transformers import PreTrainedModel

from tests.model.translators import SOURCES
from viz.analysis.batches.generation import Sampling
from viz.engine.batching import encode
from viz.engine.generation import continue_by_hand, generate
from viz.engine.line import Errand, on_errand, passes
from viz.engine.models import load_model
from viz.engine.translating import encode as encode_sources
from viz.engine.translating import write_targets
from viz.engine.work import Abandoned

WAYS = {
    "continued": ("headlight-gpt2", lambda loaded: generate(loaded, encode(loaded, ["The turtle"]), Sampling(20))),
    "sampled": ("headlight-gpt2", lambda loaded: generate(loaded, encode(loaded, ["The turtle"]), Sampling(20, 1.0))),
    "by hand": ("headlight-gpt2", lambda loaded: continue_by_hand(loaded, encode(loaded, ["The turtle"]), (), 20)),
    "translated": ("headlight-en-fr", lambda loaded: write_targets(loaded, encode_sources(loaded, SOURCES), 20)),
}


class Leaves:
    """Wait for the model to be called so many times, and no longer."""

    def __init__(self, model: PreTrainedModel, n_calls: int):
        self.n_called = 0
        self._n_calls = n_calls
        self.hook = model.register_forward_pre_hook(lambda *_: setattr(self, "n_called", self.n_called + 1))

    def check(self) -> None:
        if self.n_called >= self._n_calls:
            raise Abandoned


@pytest.mark.parametrize("checkpoint, write", WAYS.values(), ids=WAYS)
def test_what_nobody_waits_for_is_not_written_to_its_end(checkpoint, write):
    loaded = load_model(checkpoint)
    leaves = Leaves(loaded.model, 3)
    try:
        with on_errand(Errand("a visitor", leaves.check)), pytest.raises(Abandoned):
            write(loaded)
    finally:
        leaves.hook.remove()
    assert leaves.n_called == 3
    with passes:  # its place is free again
        pass
    stays = Leaves(loaded.model, 1_000)
    try:
        with on_errand(Errand("a visitor", stays.check)):
            write(loaded)
    finally:
        stays.hook.remove()
    assert stays.n_called > 3
