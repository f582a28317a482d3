"""Change the order of a BERT's layers and heads without forgetting what it has learnt.

Layers: a model is begun from another one's layers, and a new layer starts by handing on what it gets.
Heads: those of one layer are renumbered, which changes no output.
"""

from copy import deepcopy

import torch

NEW = "new"


def parse_layers(text):
    """Turn ``"0,1,new,2,4,5"`` into a list of 0-based layers and ``NEW``."""
    return [NEW if part == NEW else int(part) for part in text.split(",")]


def with_layers(model, order, ids):
    """Return a BertForMaskedLM whose layers are those of ``model`` in the given order, each once at most.

    ``NEW`` is a layer that hands on what it gets, as nearly as a layer with its norm behind it can: its two branches
    write nothing, and its norms keep the mean and the spread seen in the text ``ids``, shape (rows, length).
    """
    config = deepcopy(model.config)
    config.num_hidden_layers = len(order)
    made = type(model)(config)
    known = model.bert.encoder.layer
    kept = {k: v for k, v in model.state_dict().items() if ".encoder.layer." not in k}
    made.load_state_dict(kept, strict=False)
    for place, layer in enumerate(made.bert.encoder.layer):
        if order[place] == NEW:
            _hand_on(layer, _inputs_of(made, place, ids))
        else:
            layer.load_state_dict(known[order[place]].state_dict())
    return made


@torch.no_grad()
def _inputs_of(model, place, ids):
    """Return what layer ``place`` gets for a text, shape (tokens, hidden)."""
    return model.bert(ids, output_hidden_states=True).hidden_states[place].flatten(0, 1)


@torch.no_grad()
def _hand_on(layer, inputs):
    """Let a fresh layer hand on its input; queries, keys and values stay random, so it can still learn."""
    for branch in (layer.attention.output, layer.output):
        branch.dense.weight.zero_()
        branch.dense.bias.zero_()
        branch.LayerNorm.weight.fill_(inputs.std(dim=1, correction=0).mean().item())
        branch.LayerNorm.bias.fill_(inputs.mean().item())


@torch.no_grad()
def renumber_heads(model, layer, order):
    """Renumber the heads of a BERT's layer in place: head ``order[i]`` of before becomes head ``i``.

    The rows of the query, key and value projections move with their head, and so do the columns of the output
    projection that read it; the layer's sum over heads, and with it every output of the model, stays what it was.
    """
    attention = model.bert.encoder.layer[layer].attention
    size = attention.self.attention_head_size
    rows = torch.cat([torch.arange(head * size, (head + 1) * size) for head in order])
    if len(order) != attention.self.num_attention_heads or sorted(order) != list(range(len(order))):
        raise ValueError(f"{order} does not name every head of the layer once")
    for projection in (attention.self.query, attention.self.key, attention.self.value):
        projection.weight.copy_(projection.weight[rows])
        projection.bias.copy_(projection.bias[rows])
    attention.output.dense.weight.copy_(attention.output.dense.weight[:, rows])


def swapped(n_heads, one, other):
    """Return the order that exchanges two heads and leaves the others where they are."""
    order = list(range(n_heads))
    order[one], order[other] = other, one
    return order
