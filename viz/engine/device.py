"""Say where models compute, and bring numbers from there: the one place in which a tensor becomes numpy."""

import numpy as np
import torch

from viz import settings
from viz.errors import DeviceMissing


def choose() -> torch.device:
    """Give the device that ``HEADLIGHT_DEVICE`` names; ``auto`` is CUDA where there is one, else the processor.

    Raises ``DeviceMissing`` if one is named that this computer does not have.
    """
    named = settings.current().device
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if named == "auto":
        return torch.device("cuda" if there["cuda"] else "cpu")
    if not there[named]:
        raise DeviceMissing(device=named)
    return torch.device(named)


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """Bring a tensor to numpy; numpy knows no bfloat16, and half precision is shown as float32."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor).numpy()
