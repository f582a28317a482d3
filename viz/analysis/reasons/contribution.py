"""Give what a head really adds of each key, beside how much it looks there: ‖α·f(x)‖ beside α.

Kobayashi et al. 2020, "Attention is Not Only a Weight". A head adds Σ α·f(x) over its keys to the state of a query,
with f(x) = (x W_V + b_V) W_O: the key's value vector, bias included, behind the head's own part of the output
projection. The projection's own bias b_O belongs to no key and to no head, and is left out. α is one number, so
‖α·f(x)‖ = α·‖f(x)‖.
"""

from dataclasses import dataclass, replace

import numpy as np

from viz.analysis.masks.cells import VISIBLE, cell_states, looks
from viz.errors import NoContributions
from viz.names import position_number
from viz.records import Maps, Run
from viz.shipped import shipped_names
from viz.text import _, number, sentence

COLUMNS = ("query_position", "query", "key_position", "key", "weight", "contribution", "share")
WEIGHT, CONTRIBUTION = "weight", "contribution"
FORMULA = "‖α·f(x)‖ = α·‖(x W_V + b_V) W_O‖"


@dataclass(frozen=True, slots=True)
class Striking:
    """Hold what one key gets of a head's weight and of its contribution, shares, mean over the queries."""

    layer: int
    head: int
    key: int
    weight: float
    contribution: float


def are_known(run: Run) -> bool:
    """Tell whether a run holds the norms of its value vectors, of every kind of attention."""
    return all(maps.value_norms is not None for maps in run.maps.values())


def require(run: Run, kind: str = "self") -> np.ndarray:
    """Give the norms of the value vectors of a kind, float32 ``[B, L, H, K]``. Raises ``NoContributions``."""
    norms = run.maps[kind].value_norms
    if norms is None:
        raise _unknown(run)
    return norms


def unknown(run: Run) -> str:
    """Say why a run shows weights only."""
    return sentence(_unknown(run))


def _unknown(run: Run) -> NoContributions:
    return NoContributions(checkpoint=run.model.checkpoint, shipped=shipped_names())


def head_contribution(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> np.ndarray:
    """Give ‖α·f(x)‖ of every cell of a head, float32 ``[Q, K]``. Raises ``NoContributions``."""
    return run.maps[kind].attentions[row, layer, head] * require(run, kind)[row, layer, head]


def row_contributions(run: Run, row: int, *, kind: str = "self") -> np.ndarray:
    """Give ‖α·f(x)‖ of every cell of every head of a text, float32 ``[L, H, Q, K]``. Raises ``NoContributions``."""
    return run.maps[kind].attentions[row] * require(run, kind)[row][:, :, None]


def shares(contributions: np.ndarray) -> np.ndarray:
    """Divide contributions ``[..., Q, K]`` by the sum of their row, so that they compare with weights; 0 stays 0."""
    sums = contributions.sum(axis=-1, keepdims=True)
    return np.divide(contributions, sums, out=np.zeros_like(contributions), where=sums > 0)


def read_by(run: Run, by: str) -> Run:
    """Give a run for what measures maps, by ``"weight"`` or by ``"contribution"``. Raises ``NoContributions``."""
    return by_contribution(run) if by == CONTRIBUTION else run


def by_contribution(run: Run) -> Run:
    """Give a run whose maps are shares of contribution, for whatever measures maps. Raises ``NoContributions``."""
    return replace(run, maps={kind: _shared(run, kind) for kind in run.maps})


def _shared(run: Run, kind: str) -> Maps:
    maps, norms = run.maps[kind], require(run, kind)
    return replace(maps, attentions=shares(maps.attentions * norms[:, :, :, None]), value_norms=None)


def head_table(
    run: Run, row: int, layer: int, head: int, *, kind: str = "self", limit: int | None = None
) -> dict[str, list]:
    """List the visible cells of a head, largest contribution first, as columns; at most ``limit`` of them.

    ``share`` is the part of its query's contributions. Positions count from 1. Raises ``NoContributions``.
    """
    maps, brought = run.maps[kind], head_contribution(run, row, layer, head, kind=kind)
    visible = cell_states(run, layer, kind)[row] == VISIBLE
    parts = shares(np.where(visible, brought, np.float32(0)))
    queries, keys = np.nonzero(visible)
    order = np.argsort(-brought[queries, keys], kind="stable")[:limit]
    queries, keys = queries[order], keys[order]
    columns = (
        [position_number(q) for q in queries.tolist()],
        [maps.queries[row][q] for q in queries],
        [position_number(k) for k in keys.tolist()],
        [maps.keys[row][k] for k in keys],
        *([float(value) for value in of[queries, keys]] for of in (maps.attentions[row, layer, head], brought, parts)),
    )
    return dict(zip(COLUMNS, columns, strict=True))


def most_striking(run: Run, row: int, place: tuple[int, int] | None = None, *, kind: str = "self") -> Striking | None:
    """Find the key whose share of weight and of contribution differ most, of one head, or of all heads of a text.

    Both are means over the real queries that may look at anything. None where there is no such query.
    Raises ``NoContributions``.
    """
    norms, found = require(run, kind)[row], None
    stack = run.stack(kind)
    for layer in range(stack.n_layers) if place is None else [place[0]]:
        queries = looks(run, layer, kind)[row]
        if not queries.any():
            continue
        heads = slice(None) if place is None else slice(place[1], place[1] + 1)
        visible = cell_states(run, layer, kind)[row][queries] == VISIBLE
        weights = np.where(visible, run.maps[kind].attentions[row, layer, heads][:, queries], np.float32(0))
        means = (weights.mean(axis=1), shares(weights * norms[layer, heads, None]).mean(axis=1))
        gaps = np.abs(means[0] - means[1])
        at, key = np.unravel_index(int(gaps.argmax()), gaps.shape)
        if found is None or gaps[at, key] > abs(found.weight - found.contribution):
            head = int(at) if place is None else place[1]
            found = Striking(layer, head, int(key), *(float(mean[at, key]) for mean in means))
    return found


def said(run: Run, row: int, of: Striking, *, kind: str = "self") -> str:
    """Say what weight hides: "[SEP] gets 0.62 of the weight and 0.03 of the contribution"."""
    keys = run.maps[kind].keys[row]
    token = keys[of.key] if keys.count(keys[of.key]) == 1 else f"{keys[of.key]} ({position_number(of.key)})"
    message = _("{token} gets {weight} of the weight and {contribution} of the contribution (mean over the queries).")
    return message.format(token=token, weight=number(of.weight, 2), contribution=number(of.contribution, 2))


def measured_by() -> str:
    """Say what is measured where measures read contributions."""
    message = _(
        "Measured on contributions: A[q, k] is not the weight, but {formula} as a share of its row's sum "
        "(Kobayashi et al. 2020)."
    )
    return message.format(formula=FORMULA)


def explained() -> str:
    """Say what a contribution is, in words and with its formula."""
    return _(
        "Contribution: how long what the head adds to the query's state because of this key is, {formula}. The value "
        "vector has its bias b_V; the bias of the output projection belongs to no key and is left out. Like "
        "weights, contributions say what one head adds, not what later layers make of it (Kobayashi et al. 2020)."
    ).format(formula=FORMULA)
