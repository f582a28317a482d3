"""Shade a source by one row of its cross-attention: the row's own numbers, one for each piece of the source."""

from dataclasses import dataclass

import numpy as np

from viz.analysis.words import pieces
from viz.records import Run


@dataclass(frozen=True, slots=True)
class Shade:
    """Hold one real token of a source: what is read there, its weight, and whether it begins a word."""

    position: int
    text: str
    weight: float
    begins: bool
    special: bool


def row_weights(run: Run, row: int, layer: int, head: int | None, query: int) -> np.ndarray:
    """Give what a target's position gives to each key of the source, float32 ``[K]``.

    Without a head it is the mean over the heads of the layer.
    """
    heads = run.maps["cross"].attentions[row, layer, :, query]
    return heads.mean(axis=0) if head is None else heads[head]


def shading(run: Run, row: int, layer: int, head: int | None, query: int) -> tuple[Shade, ...]:
    """Give a source piece by piece with the weights of one row; padding is left out, special tokens are not.

    What a special token gets is no mistake: the weights of a row sum to 1 with it, and not without.
    """
    weights = row_weights(run, row, layer, head, query)
    return tuple(
        Shade(
            position=piece.position,
            text=piece.characters or piece.label,  # the second part of a character has none
            weight=float(weights[piece.position]),
            begins=piece.begins,
            special=piece.special,
        )
        for piece in pieces(run, row)
    )


def strongest(shades: tuple[Shade, ...], n: int = 3) -> list[Shade]:
    """List the n pieces with the largest weights, largest first; equal ones in the order of the source."""
    return sorted(shades, key=lambda shade: -shade.weight)[:n]
