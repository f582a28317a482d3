"""Say of the maps of a run how many there are, what a row and a column of one is, and what one of its cells says."""

import numpy as np

from viz.analysis.guesses.order import queries_to_ask, visible_keys
from viz.analysis.masks.cells import CAUSAL, cell_states
from viz.names import head_title, map_title, named_tokens
from viz.records import Run
from viz.text import _, ngettext, number


def heads_said(run: Run, kind: str = "self") -> str:
    """Say how many maps of one text there are."""
    stack = run.stack(kind)
    message = _("{model} has {layers} x {heads} heads (layers x heads in each), and each draws a map: {n} of one text.")
    n = stack.n_layers * stack.n_heads
    return message.format(model=run.model.checkpoint, layers=stack.n_layers, heads=stack.n_heads, n=n)


def tokens_said(run: Run, row: int) -> str:
    """Say how many tokens a text has, and how many of its row are padding."""
    real = run.batch.attention_mask[row]
    message = ngettext(
        "The model reads this text as {n} token.", "The model reads this text as {n} tokens.", int(real.sum())
    )
    said = message.format(n=int(real.sum()))
    n_padding = int((~real).sum())
    if not n_padding:
        return said
    message = ngettext(
        "{n} more place of its row is padding: filling, no text.",
        "{n} more places of its row are padding: filling, no text.",
        n_padding,
    )
    return f"{said} {message.format(n=n_padding)}"


def map_said(run: Run, row: int, layer: int, head: int, *, kind: str = "self", hidden: bool = False) -> list[str]:
    """Say what a row and a column of the open map is, what is left empty, and what one cell says.

    ``run`` is as its view shows it. Of a map that is ``hidden`` nothing is said but its size.
    """
    maps = run.maps[kind]
    values = {
        "title": map_title(run.view, layer, head, kind) if run.view.combined else head_title(layer, head, kind),
        "rows": len(maps.queries[row]),
        "columns": len(maps.keys[row]),
    }
    has_later = bool((cell_states(run, layer, kind)[row] == CAUSAL).any())
    said = [_shape(run, kind, has_later=has_later).format(**values)]
    if hidden:
        return [*said, _("Its numbers are hidden until you have guessed.")]
    cell = cell_said(run, row, layer, head, kind=kind)
    return said if cell is None else [*said, cell]


def cell_said(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> str | None:
    """Say the largest number of one row: of the word whose largest number is the largest. None: no row has a choice."""
    queries = queries_to_ask(run, row, layer, head, kind=kind)
    if not queries:
        return None
    maps = run.maps[kind]
    weights = maps.attentions[row, layer, head]
    seen = {query: visible_keys(run, row, layer, query, kind) for query in queries}
    query = max(sorted(queries), key=lambda query: weights[query, seen[query]].max())
    key = max(seen[query], key=lambda key: weights[query, key])
    if run.view.contribution:
        message = _("In the row of '{query}' the largest contribution, {weight}, comes from '{key}'.")
    else:
        message = _("In the row of '{query}' the largest weight, {weight}, is on '{key}'; the whole row sums to {sum}.")
    return message.format(
        query=named_tokens(maps.queries[row])[query],
        key=named_tokens(maps.keys[row])[key],
        weight=number(float(weights[query, key]), 2),
        sum=number(float(weights[query, seen[query]].sum(dtype=np.float64)), 2),
    )


def _shape(run: Run, kind: str, *, has_later: bool) -> str:
    """Give the sentence about rows and columns, by who looks at whom, and whether cells are empty for being later."""
    if kind == "cross":
        return _(
            "The open map, {title}, is a table of {rows} x {columns} cells: a row is a token of the target (it looks: "
            "the query), a column a token of the source (it is looked at: the key)."
        )
    if run.view.words:
        return _(
            "The open map, {title}, is a table of {rows} x {columns} cells: a row is a word that looks (the query), a "
            "column a word that is looked at (the key)."
        )
    if has_later:
        return _(
            "The open map, {title}, is a table of {rows} x {columns} cells: a row is a token that looks (the query), a "
            "column a token that is looked at (the key); above the diagonal it is empty, for no token looks at a later "
            "one."
        )
    return _(
        "The open map, {title}, is a table of {rows} x {columns} cells: a row is a token that looks (the query), a "
        "column a token that is looked at (the key)."
    )
