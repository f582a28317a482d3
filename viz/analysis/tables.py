"""Give a head's numbers as a table, and say in a sentence what the head looks at."""

import csv
import io

import numpy as np

from viz.analysis.masks.cells import VISIBLE, cell_states
from viz.names import named_tokens, position_from_number, position_number
from viz.records import Run
from viz.text import _

COLUMNS = ("query_position", "query", "key_position", "key", "attention")

# A spreadsheet runs a cell that begins so, full-width signs too; a sign alone is no formula.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def head_table(
    run: Run, row: int, layer: int, head: int, *, kind: str = "self", limit: int | None = None
) -> dict[str, list]:
    """List the visible cells of a head of one kind, largest attention first, as columns; at most ``limit`` of them.

    Positions count from 1, as on the screen. Attention is the model's own float32, not rounded. Where a view shows
    contributions they stand in its place, under their own name.
    """
    maps = run.maps[kind]
    weights = maps.attentions[row, layer, head]
    queries, keys = np.nonzero(cell_states(run, layer, kind)[row] == VISIBLE)
    order = np.argsort(-weights[queries, keys], kind="stable")[:limit]
    queries, keys = queries[order], keys[order]
    columns = (
        [position_number(q) for q in queries.tolist()],
        [maps.queries[row][q] for q in queries],
        [position_number(k) for k in keys.tolist()],
        [maps.keys[row][k] for k in keys],
        [float(weight) for weight in weights[queries, keys]],
    )
    names = (*COLUMNS[:-1], "contribution") if run.view.contribution else COLUMNS
    return dict(zip(names, columns, strict=True))


def as_csv(table: dict[str, list]) -> bytes:
    """Write a table as CSV in UTF-8, with the mark that spreadsheets need to read it as such.

    A token that a spreadsheet would run as a formula gets an apostrophe in front: files of others hold any token.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(table)
    writer.writerows([_harmless(value) for value in row] for row in zip(*table.values(), strict=True))
    return buffer.getvalue().encode("utf-8-sig")


def as_tsv(run: Run, row: int, layer: int, head: int, *, kind: str = "self") -> str:
    """Write a map as tab-separated numbers for a spreadsheet: keys across, a query a line; no weight is an empty cell.

    Numbers are the model's own float32, as short as they can be written without losing anything.
    """
    maps = run.maps[kind]
    visible = cell_states(run, layer, kind)[row] == VISIBLE
    weights = maps.attentions[row, layer, head]
    lines = ["\t".join(["", *map(_in_a_cell, maps.keys[row])])]
    for query, token in enumerate(maps.queries[row]):
        numbers = [str(weights[query, key]) if visible[query, key] else "" for key in range(weights.shape[1])]
        lines.append("\t".join([_in_a_cell(token), *numbers]))
    return "\n".join(lines) + "\n"


def _in_a_cell(token: str) -> str:
    return str(_harmless(" ".join(token.replace("\t", " ").splitlines())))


def _harmless(value: object) -> object:
    risky = isinstance(value, str) and len(value) > 1 and value.startswith(_FORMULA_STARTS)
    return f"'{value}" if risky else value


def describe(run: Run, row: int, layer: int, head: int, *, kind: str = "self", n_links: int = 3) -> str:
    """Say which links of a head are strongest: ``slow: 0.87 at moves``.

    A token that stands in the text more than once is followed by its position.
    """
    table = head_table(run, row, layer, head, kind=kind, limit=n_links)
    queries, keys = (named_tokens(side[row]) for side in (run.maps[kind].queries, run.maps[kind].keys))
    links = [
        _("{query}: {weight:.2f} at {key}").format(
            query=queries[position_from_number(q)], weight=weight, key=keys[position_from_number(k)]
        )
        for q, _query, k, _key, weight in zip(*table.values(), strict=True)
    ]
    return _("Strongest links: {links}.").format(links="; ".join(links))


def most_changed(changes: np.ndarray, n: int) -> list[tuple[int, int, float]]:
    """List the n heads with the largest values of ``[L, H]``, largest first, as (layer, head, value); NaN is none."""
    n_values = int((~np.isnan(changes)).sum())
    best = np.argsort(-changes, axis=None, kind="stable")[: min(n, n_values)]
    layers, heads = np.unravel_index(best, changes.shape)
    return [(int(layer), int(head), float(changes[layer, head])) for layer, head in zip(layers, heads, strict=True)]
