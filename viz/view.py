"""Define how maps are read; names are made of it, so it needs no numpy."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class View:
    """Say how maps are read; the empty one is the model's own, head by head and piece by piece.

    ``words`` merges the pieces of a word: mean over its queries, sum over its keys. ``special`` shows or hides special
    tokens; hidden, a row sums to less than 1 unless it is ``"renormalised"``. ``combined`` joins heads: the mean over
    the ``"heads"`` of each layer, over the ``"layers"`` of each head number, over ``"all"``, or their ``"rollout"``.
    ``contribution`` shows what a head adds of each key instead of how much it looks there. It belongs to one token and
    one head: nothing is merged, joined or divided then, see ``settled``.
    """

    words: bool = False
    special: str = "shown"  # "hidden", "renormalised"
    combined: str = ""  # "heads", "layers", "all", "rollout"
    contribution: bool = False

    @property
    def settled(self) -> "View":
        """Give the view as it is carried out: of contributions special tokens can be left out, and no more."""
        if not self.contribution:
            return self
        return View(special="shown" if self.special == "shown" else "hidden", contribution=True)

    @property
    def of_weights(self) -> "View":
        """Give the same view of weights."""
        return replace(self, contribution=False)

    def joins(self, kind: str) -> str:
        """Say how heads of a kind are joined: rollout leads from a text to itself, of cross-attention it is a mean."""
        return "heads" if self.combined == "rollout" and kind == "cross" else self.combined

    def place(self, layer: int, head: int, kind: str = "self") -> tuple[int, int]:
        """Say which map shows a head of a kind: what is joined is the first, and only, of its layers or heads."""
        joined = self.joins(kind)
        return 0 if joined in ("layers", "all") else layer, 0 if joined in ("heads", "all", "rollout") else head


PLAIN = View()
