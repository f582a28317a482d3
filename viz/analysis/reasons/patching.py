"""Say what putting numbers of one text into the pass of another did to its answer."""

from dataclasses import dataclass

import numpy as np

from viz.names import head_index_label, head_label, layer_label, position_number
from viz.records import ModelInfo, lock

WHAT = ("heads", "states")  # outputs of heads before the output projection, or the states that enter a layer
SAME = 1e-4  # of the texts' own logit differences: closer together there is no way from one to the other
ALL = "all"

Board = np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Patched:
    """Hold what each patch did at one read-out of the first text, A; what is put in comes from the second, B.

    A board has a row for each of L layers and N columns: the heads, or the tokens, and last all of them at once. The
    two words are the answer and its rival.
    """

    model: ModelInfo
    what: str  # one of WHAT
    tokens: tuple[tuple[str, ...], tuple[str, ...]]  # of A and of B, T each
    readout: int  # position of the token behind which, or at which, the answer is read in both texts
    words: tuple[str, str]
    position: int | None  # heads: their outputs at this token alone; None: at all tokens
    logits: np.ndarray  # float64 [L, N, 2]
    probabilities: np.ndarray  # float64 [L, N, 2], over the whole vocabulary
    end_logits: np.ndarray  # float64 [2, 2]: of A and of B with nothing changed, of the two words
    end_probabilities: np.ndarray  # the same

    def __post_init__(self):
        n_columns = len(self.tokens[0]) if self.what == "states" else self.model.n_heads
        shape = (self.model.n_layers, n_columns + 1, 2)
        for name in ("logits", "probabilities"):
            lock(name, getattr(self, name), shape)
            lock(f"end_{name}", getattr(self, f"end_{name}"), (2, 2))

    @property
    def ends(self) -> tuple[float, float]:
        """Give logit(answer) - logit(rival) of A and of B with nothing changed."""
        of_a, of_b = self.end_logits[:, 0] - self.end_logits[:, 1]
        return float(of_a), float(of_b)

    @property
    def has_way(self) -> bool:
        """Tell whether the texts differ in what is measured; else no patch can be set between them."""
        return abs(self.ends[1] - self.ends[0]) > SAME

    @property
    def differences(self) -> Board:
        """Give logit(answer) - logit(rival) after each patch, float64 ``[L, N]``."""
        return self.logits[..., 0] - self.logits[..., 1]

    @property
    def shifts(self) -> Board:
        """Give how far each patch moved the logit difference from A's, float64 ``[L, N]``."""
        return self.differences - self.ends[0]

    @property
    def shares(self) -> Board:
        """Give each shift as a share of the way from A to B, float64 ``[L, N]``: 0 = as A, 1 = as B, NaN: no way."""
        if not self.has_way:
            return np.full(self.shifts.shape, np.nan)
        return self.shifts / (self.ends[1] - self.ends[0])


def strongest(patched: Patched, n: int) -> list[tuple[int, int]]:
    """List the (layer, column) of the n single patches that moved the answer furthest, either way."""
    alone = np.abs(patched.shifts[:, :-1])
    order = np.argsort(-alone, axis=None, kind="stable")[:n]
    return [(int(place) // alone.shape[1], int(place) % alone.shape[1]) for place in order]


def patch_table(patched: Patched) -> dict[str, list]:
    """List every patch as columns, layer after layer, "all" last in each; numbers are not rounded."""
    places = [(layer, column) for layer, column in np.ndindex(patched.shifts.shape)]
    flat = patched.logits.reshape(-1, 2), patched.probabilities.reshape(-1, 2)
    return {
        **_named(patched, places),
        "logit_answer": flat[0][:, 0].tolist(),
        "logit_rival": flat[0][:, 1].tolist(),
        "difference": patched.differences.ravel().tolist(),
        "shift": patched.shifts.ravel().tolist(),
        "share_of_way": [None if np.isnan(share) else share for share in patched.shares.ravel().tolist()],
        "probability_answer": flat[1][:, 0].tolist(),
        "probability_rival": flat[1][:, 1].tolist(),
    }


def _named(patched: Patched, places: list[tuple[int, int]]) -> dict[str, list]:
    """Name what was patched: a head by its two names; a token by its layer, place and both texts' tokens."""
    last = patched.shifts.shape[1] - 1
    if patched.what == "heads":
        return {
            "head": [f"{layer_label(at)} {ALL}" if column == last else head_label(at, column) for at, column in places],
            "index": [f"L{at} {ALL}" if column == last else head_index_label(at, column) for at, column in places],
        }
    first, second = ((*tokens, ALL) for tokens in patched.tokens)
    return {
        "layer": [layer_label(at) for at, _column in places],
        "position": [ALL if column == last else position_number(column) for _at, column in places],
        "token_a": [first[column] for _at, column in places],
        "token_b": [second[column] for _at, column in places],
    }
