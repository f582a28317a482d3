"""Hold which layers of a mask a person switched on or off, and make the mask a model is told from it."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.masks import layers
from viz.analysis.masks.by_hand import from_address
from viz.records import Batch


@dataclass(frozen=True, slots=True)
class MaskChoice:
    """Choose the layers of one row's mask; without a change the model gets what it always gets. Hashable.

    ``causal`` None means as the model is: on for a GPT-2, off for a BERT. ``cells`` is a mask by hand, ``[Q, K]``, as
    ``to_address`` writes it.
    """

    row: int = 0
    padding: bool = True
    causal: bool | None = None
    hidden: tuple[int, ...] = ()
    segments: bool = False
    question: bool = False
    window: int | None = None
    only_self: bool = False
    cells: str | None = None

    @property
    def changes_nothing(self) -> bool:
        """Whether the model gets its usual mask."""
        return self == MaskChoice(row=self.row)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Hold what ``forward.run`` is told: a mask ``[B, Q, K]`` or None, and whether later keys or padding are opened."""

    given_mask: np.ndarray | None = None
    see_later: bool = False
    leave_out: tuple[str, ...] = ()


def chosen_layers(choice: MaskChoice, batch: Batch, causal_model: bool) -> dict[str, np.ndarray]:
    """Give the chosen layers of the row by name, each bool ``[Q, K]``, in the order they are laid.

    Raises ``TokensDoNotFit`` or ``MaskDoesNotFit`` where hidden positions or own cells are not of this text.
    """
    own = [] if choice.cells is None else [from_address(choice.cells, batch.n_tokens)]
    if choice.question:
        own.append(layers.question_hidden_from_context(batch, choice.row))
    made = layers.layers(
        batch,
        choice.row,
        causal=causal_model if choice.causal is None else choice.causal,
        hidden=choice.hidden,
        segments=choice.segments,
        window=choice.window,
        only_self=choice.only_self,
        own_cells=np.logical_and.reduce(own) if own else None,
    )
    return made if choice.padding else {name: layer for name, layer in made.items() if name != "padding"}


def told(choice: MaskChoice, batch: Batch, causal_model: bool) -> Told:
    """Make the mask of the whole batch: the chosen one in the chosen row, the usual one in the others."""
    if choice.changes_nothing:
        return Told()
    made = chosen_layers(choice, batch, causal_model)
    usual = np.ones((batch.n_tokens, batch.n_tokens), dtype=bool)
    allowed = layers.product(made) if made else usual
    return Told(
        given_mask=layers.in_batch(batch, choice.row, allowed, causal=causal_model),
        see_later=causal_model and choice.causal is False,
        leave_out=() if choice.padding else ("attention_mask",),
    )
