"""Ask before every new token whether anybody still waits for the text that is being written."""

from typing import Any

import torch
from transformers import StoppingCriteria

from viz.engine.line import errand


class StillWanted(StoppingCriteria):
    """End a call of ``generate`` by what its errand's ``check`` raises; by itself it stops nothing."""

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        """Check after each token; bool ``[B]``, all False."""
        errand.get().check()
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
