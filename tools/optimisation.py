"""Hold the optimisers, the learning-rate schedule over tokens and the checkpoints."""

import os
from pathlib import Path

import torch
from muon import Muon

DECAY_SHARE = 0.28
WARM_UP_TOKENS = 300_000
MUON_RATE = 4e-3


def make_optimisers(model, adam_rate, adam_betas, share=1.0):
    """Return [Muon for the matrices of the layers, AdamW for embeddings, head, norms and biases].

    Their peak rates are ``share`` of the usual ones: less for a short training that goes on from a finished one.
    """
    inner = ("encoder.layer.", ".h.", ".layers.")
    matrices, tables, vectors = [], [], []
    for name, parameter in model.named_parameters():
        if parameter.ndim < 2:
            vectors.append(parameter)
        elif any(part in name for part in inner):
            matrices.append(parameter)
        else:
            tables.append(parameter)
    muon = Muon(matrices, lr=MUON_RATE, weight_decay=0.05, momentum=0.95)
    groups = [{"params": tables, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    adam = torch.optim.AdamW(groups, lr=adam_rate, betas=adam_betas, fused=True)
    optimisers = [muon, adam]
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["peak"] = group["lr"] * share
    return optimisers


def rate_factor(tokens, decay_start, total):
    """Return the learning rate as a share of its peak: warm-up, constant, linear decay to zero."""
    if tokens < decay_start:
        return min(1.0, (tokens + 1) / WARM_UP_TOKENS)
    return max(0.0, (total - tokens) / (total - decay_start))


def set_rate(optimisers, factor):
    """Set every learning rate to ``factor`` times its peak."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * factor


def save_checkpoint(path, model, optimisers, progress):
    """Write model, optimisers and progress (a dict) in one file, never leaving half of one."""
    state = {
        "model": model.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in optimisers],
        "progress": dict(progress),
    }
    part = Path(path).with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def load_checkpoint(path, model, optimisers):
    """Restore model and optimisers from a file and return the progress dict."""
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    for optimiser, saved in zip(optimisers, state["optimisers"]):
        optimiser.load_state_dict(saved)
    return state["progress"]


def choose_checkpoint(work, total):
    """Return the checkpoint to continue from, or None.

    A run whose learning rate already went down can only be finished with the
    same budget; for another budget the state before the decay is taken.
    """
    latest, constant = Path(work) / "latest.pt", Path(work) / "constant.pt"
    if not latest.exists():
        return None
    progress = torch.load(latest, weights_only=True)["progress"]
    decaying = progress["tokens"] > progress["decay_start"]
    if decaying and progress["total"] != total and constant.exists():
        return constant
    return latest
