"""Say what stands on the pages about runs and models: a saved run, two that are compared, what is on this computer."""

from collections.abc import Iterable

import numpy as np

from viz.analysis.compare.comparison import Comparison
from viz.analysis.tables import most_changed
from viz.listing import ListedModel
from viz.names import kind_names, map_title
from viz.records import Run
from viz.text import _, ngettext


def saved(run: Run) -> list[str]:
    """Say what a run holds."""
    message = ngettext(
        "This run of {model} holds {n} text, in a table of {columns} tokens.",
        "This run of {model} holds {n} texts, in a table of {columns} tokens each.",
        len(run.batch.texts),
    )
    n_texts, n_columns = run.batch.attention_mask.shape
    said = [message.format(model=run.model.checkpoint, n=n_texts, columns=n_columns)]
    kinds = "; ".join(_kind_said(run, kind) for kind in run.maps)
    return [*said, _("Maps of each text, layers x heads: {kinds}.").format(kinds=kinds)]


def _kind_said(run: Run, kind: str) -> str:
    stack = run.stack(kind)
    return f"{kind_names()[kind]} {stack.n_layers} x {stack.n_heads}"


def compare(of: Comparison, changes: np.ndarray) -> list[str]:
    """Say how many tokens are paired, how many heads are compared, and which of them moved most."""
    message = _(
        "A is a run of {a}, B of {b}. Tokens that are the same stand above each other: {pairs} pairs, {alone_a} of A "
        "and {alone_b} of B without a partner."
    )
    keys = of.keys
    counts = {"pairs": len(keys.pairs), "alone_a": len(keys.alone_before), "alone_b": len(keys.alone_after)}
    said = [message.format(a=of.before.model.checkpoint, b=of.after.model.checkpoint, **counts)]
    found = most_changed(changes, 1)
    if not found:
        return said
    layer, head, moved = found[0]
    message = _(
        "Maps compared: {n}. 0 means that a head looks as in A, 1 that it looks nowhere at the same: most "
        "moved {head}, by {moved:.2f}."
    )
    return [*said, message.format(n=changes.size, head=map_title(of.after.view, layer, head, of.kind), moved=moved)]


def models(listed: Iterable[ListedModel]) -> list[str]:
    """Say how many models are here, from where, and how many cannot be opened."""
    there = list(listed)
    message = ngettext(
        "{n} model is on this computer: {shipped} shipped with Headlight, {folder} in folders, {hub} from the Hub.",
        "{n} models are on this computer: {shipped} shipped with Headlight, {folder} in folders, {hub} from the Hub.",
        len(there),
    )
    places = {place: sum(model.place == place for model in there) for place in ("shipped", "folder", "hub")}
    said = [message.format(n=len(there), **places)]
    n_closed = sum(model.problem is not None for model in there)
    if n_closed:
        message = ngettext(
            "{n} of them cannot be opened; its card says why.",
            "{n} of them cannot be opened; their cards say why.",
            n_closed,
        )
        said.append(message.format(n=n_closed))
    return said


def glossary(n_terms: int, n_subjects: int) -> str:
    """Say how many terms there are."""
    message = _("Terms: {n}, by {subjects} subjects, each with what it means on these pages and where it is seen.")
    return message.format(n=n_terms, subjects=n_subjects)
