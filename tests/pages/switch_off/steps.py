"""Type and press on Switch heads off, and compute by hand what it shows: the same model with heads zeroed."""

import copy

import numpy as np
import torch

from tests.model import plain
from tests.pages.driver import assert_no_failure, press

PAGE = "pages/switch_off/page.py"
SENTENCE = "The turtle moves slow across the [MASK]."
BEGINNING = "It will rain in the"


def shares(model, sentence: str, off=(), mask: int = 0) -> torch.Tensor:
    """Give the probabilities at a [MASK] or the last token; the heads' columns of the projection are zeroed by hand."""
    edited = plain.Plain(copy.deepcopy(model.model), model.tokenizer)
    with torch.no_grad():
        for layer, head in off:
            if model.tokenizer.mask_token is None:
                weight = edited.model.transformer.h[layer].attn.c_proj.weight
                weight[slice(*_part(weight.shape[0], head))] = 0
            else:
                weight = edited.model.bert.encoder.layer[layer].attention.output.dense.weight
                weight[:, slice(*_part(weight.shape[1], head))] = 0
    inputs = plain.tokenized(edited, [sentence])
    logits = plain.output(edited, inputs)[1][0]
    masks = np.flatnonzero(inputs["input_ids"][0].numpy() == model.tokenizer.mask_token_id)
    at = -1 if model.tokenizer.mask_token is None else masks[mask]
    return torch.tensor(logits[at]).double().softmax(-1)


def _part(width: int, head: int) -> tuple[int, int]:
    return head * width // 12, (head + 1) * width // 12


def run_text(app, text: str, model: str | None = None):
    app.text_input(key="switch_text").set_value(text)
    if model is not None:
        app.selectbox(key="switch_model").set_value(model)
    return press(app, "Run")


def name_off(app, names: str):
    app.text_input(key="off_names").set_value(names).run()
    assert_no_failure(app)
    return app


def expect_word(app, word: str):
    app.text_input(key="expected").set_value(word).run()
    assert_no_failure(app)
    return app


def rank(app):
    """Rank all heads of a shipped model, to the end."""
    return press(app, "Rank all 72 heads")
