"""Say in words what a model's tables of positions are."""

from viz.analysis.positions.tables import (
    BIAS,
    DISTANCES,
    KINDS,
    LEARNED,
    ROTARY,
    SINUSOIDAL,
    SLOPES,
    PositionTable,
    PositionTables,
    Similarity,
    shorter_from,
)
from viz.text import _, number


def kind_name(kind: str) -> str:
    """Name a kind of table."""
    names = {
        LEARNED: _("learned"),
        SINUSOIDAL: _("sinusoidal"),
        ROTARY: _("rotary"),
        BIAS: _("bias by distance"),
        SLOPES: _("ALiBi"),
        DISTANCES: _("vectors of distances"),
    }
    return names[kind]


def kind_meaning(kind: str) -> str:
    """Say what a kind of table does."""
    meanings = {
        LEARNED: _("One vector a position, learned in training, is added to the word's vector (BERT, GPT-2)."),
        SINUSOIDAL: _("The same, but computed: sines and cosines of the position (Vaswani et al. 2017; Marian)."),
        ROTARY: _("Queries and keys are turned by an angle, position x frequency (Su et al. 2021; Llama, Qwen)."),
        BIAS: _("A number for each distance and head is added to the score (Raffel et al. 2020; T5)."),
        SLOPES: _("The score falls in a straight line with the distance (Press et al. 2022; Bloom)."),
        DISTANCES: _("A vector for each distance is multiplied with queries and keys (He et al. 2021; DeBERTa)."),
    }
    return meanings[kind]


def table_name(table: PositionTable) -> str:
    """Name one of a model's tables: its kind, in a model of two stacks the stack, and where it lies."""
    stacks = {"self": "", "encoder": _("encoder"), "decoder": _("decoder")}
    named = f"{kind_name(table.kind)}: {table.name}"
    return f"{stacks[table.stack]}, {named}" if table.stack != "self" else named


def which_tables(of: PositionTables) -> str:
    """Say which kinds a model has; without any, where its order can come from."""
    checkpoint = of.model.checkpoint
    if not of.tables:
        message = _(
            "No table of positions was found in {checkpoint} (family {family}): it takes the order from elsewhere, as "
            "from a mask that hides later words."
        )
        return message.format(checkpoint=checkpoint, family=of.model.family)
    kinds = [kind for kind in KINDS if any(table.kind == kind for table in of.tables)]
    message = _("{checkpoint} knows positions in this way: {kinds}.")
    return message.format(checkpoint=checkpoint, kinds=", ".join(kind_name(kind) for kind in kinds))


def table_size(table: PositionTable) -> str:
    """Say how large a table is, and how much of it is shown."""
    n_rows, n_columns = table.values.shape
    if table.kind in (BIAS, SLOPES):
        message = _("{n_heads} heads; distances from {first} to {last} (key − query), further ones are not shown.")
        first, last = int(table.rows[0]), int(table.rows[-1])
        return message.format(n_heads=n_columns, first=first, last=last)
    if table.kind == DISTANCES:
        return _("{n_rows:,} distances of {n_columns:,} numbers each.").format(n_rows=n_rows, n_columns=n_columns)
    message = _("{n_rows:,} positions of {n_columns:,} numbers each.")
    if table.kind == ROTARY:
        message = _("{n_rows:,} positions; {n_columns:,} pairs of numbers of each head are turned.")
    said = message.format(n_rows=n_rows, n_columns=n_columns)
    if table.n_positions > n_rows:
        said += " " + _("These are the first of {n_positions:,}.").format(n_positions=table.n_positions)
    if table.kind == LEARNED and (place := shorter_from(table)) is not None:
        message = _(
            "From position {place} on every vector is less than half as long as those before: training hardly met them."
        )
        said += " " + message.format(place=place)
    return said


def similarity_said(of: Similarity) -> str:
    """Say how alike near and far positions are."""
    last = len(of.distances) - 1
    shown = [distance for distance in dict.fromkeys((1, 2, 5, 20, last)) if 0 < distance <= last]
    parts = [_("{n} apart: {cosine}").format(n=number(n), cosine=number(float(of.mean[n]), 2)) for n in shown]
    return _("Cosine of two positions, mean over all pairs: {parts}.").format(parts="; ".join(parts))
