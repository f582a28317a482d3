"""Define how maps are read; names are made of it, so it needs no numpy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """Say how maps are read; the empty one is the model's own, head by head and piece by piece.

    ``words`` merges the pieces of a word: mean over its queries, sum over its keys. ``special`` shows or hides special
    tokens; hidden, a row sums to less than 1 unless it is ``"renormalised"``. ``combined`` joins heads: the mean over
    the ``"heads"`` of each layer, over the ``"layers"`` of each head number, over ``"all"``, or their ``"rollout"``.
    """

    words: bool = False
    special: str = "shown"  # "hidden", "renormalised"
    combined: str = ""  # "heads", "layers", "all", "rollout"

    def joins(self, kind: str) -> str:
        """Say how heads of a kind are joined: rollout leads from a text to itself, of cross-attention it is a mean."""
        return "heads" if self.combined == "rollout" and kind == "cross" else self.combined

    def place(self, layer: int, head: int, kind: str = "self") -> tuple[int, int]:
        """Say which map shows a head of a kind: what is joined is the first, and only, of its layers or heads."""
        joined = self.joins(kind)
        return 0 if joined in ("layers", "all") else layer, 0 if joined in ("heads", "all", "rollout") else head


PLAIN = View()
