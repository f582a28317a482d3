"""Make of a run's text a run as a view shows it; whatever draws, lists or writes maps takes either."""

import threading
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from viz.analysis.reasons.contribution import FORMULA, row_contributions
from viz.analysis.views.combining import combined
from viz.analysis.views.groups import Groups, groups
from viz.analysis.views.merging import merged
from viz.analysis.words import Side, sides
from viz.records import Batch, Maps, Run
from viz.text import _
from viz.view import PLAIN, View

MAX_BYTES = 40_000_000  # of views of all runs together; the newest always stays
_last: WeakKeyDictionary[Run, tuple[int, View, Run]] = WeakKeyDictionary()  # the newest view of each run
_lock = threading.Lock()


def viewed(run: Run, row: int, view: View) -> tuple[Run, int]:
    """Give a run that holds one text as a view shows it, and the text's row in it; a plain view gives the run itself.

    Read-outs keep their logits and stand where their token is shown; one that is not is left out. Scores and what was
    added to them are those of single heads and pieces: a viewed run has none. Of contributions the view is carried out
    as ``View.settled`` says, and ``attentions`` holds them. Raises ``NoContributions``.
    """
    view = view.settled
    if view == PLAIN:
        return run, row
    with _lock:
        known = _last.get(run)
    if known is None or known[:2] != (row, view):
        known = row, view, _make(run, row, view)
        _keep(run, known)
    return known[2], 0


def _keep(run: Run, known: tuple[int, View, Run]) -> None:
    """Keep the newest view of a run, and let go of those made longest ago until the rest fits."""
    with _lock:
        _last.pop(run, None)
        _last[run] = known
        kept = list(_last.items())
        n_bytes = sum(of.nbytes for _run, (_row, _view, of) in kept)
        for oldest, (_row, _view, of) in kept[:-1]:
            if n_bytes <= MAX_BYTES:
                break
            del _last[oldest]
            n_bytes -= of.nbytes


def shown_position(run: Run, row: int, view: View, kind: str, query: int) -> int | None:
    """Say where a view shows a query of the run; None where it leaves it out."""
    view = view.settled
    return query if view == PLAIN else groups(sides(run, kind)[0], row, view).of_position(query)


def _make(run: Run, row: int, view: View) -> Run:
    maps = {kind: _maps(run, row, view, kind) for kind in run.maps}
    source, target = _source_and_target(run, row, view)
    predicted = source if target is None else target
    placed = [(n, predicted.of_position(at)) for n, (of, at) in enumerate(run.readouts.tolist()) if of == row]
    kept = [(n, at) for n, at in placed if at is not None]
    return replace(
        run,
        batch=_batch(run.batch, row, source),
        target=None if run.target is None or target is None else _batch(run.target, row, target),
        given_mask=_told(run.given_mask[row], source),
        maps=maps,
        readouts=np.array([(0, at) for _n, at in kept], dtype=np.int64).reshape(-1, 2),
        readout_logits=run.readout_logits[[n for n, _at in kept]],
        view=view,
    )


def _source_and_target(run: Run, row: int, view: View) -> tuple[Groups, Groups | None]:
    """Group the tokens that were read, and those of the target where there is one."""
    kind = "self" if "self" in run.maps else "cross" if "cross" in run.maps else next(iter(run.maps))
    queries, keys = sides(run, kind)
    return groups(keys, row, view), None if run.target is None else groups(queries, row, view)


def _maps(run: Run, row: int, view: View, kind: str) -> Maps:
    of = run.maps[kind]
    query_side, key_side = sides(run, kind)
    queries, keys = groups(query_side, row, view), groups(key_side, row, view)
    attentions = row_contributions(run, row, kind=kind) if view.contribution else of.attentions[row]
    allowed = of.allowed[row]
    if view.combined:
        attentions, allowed = combined(attentions, allowed, view.joins(kind))
    attentions, allowed = merged(attentions, allowed, queries, keys, renormalised=view.special == "renormalised")
    return Maps(
        queries=(queries.shown_tokens,),
        keys=(keys.shown_tokens,),
        query_mask=_real(query_side, row, queries),
        key_mask=_real(key_side, row, keys),
        attentions=attentions[None],
        scores=None,
        added=None,
        allowed=allowed[None],
    )


def _real(side: Side, row: int, of: Groups) -> np.ndarray:
    return of.first(side.real[row])[None]


def _batch(batch: Batch, row: int, of: Groups) -> Batch:
    """Take one row of a batch, each group by its first token."""
    types = batch.token_type_ids
    return Batch(
        texts=(batch.texts[row],),
        tokens=(of.shown_tokens,),
        input_ids=of.first(batch.input_ids[row])[None],
        attention_mask=of.first(batch.attention_mask[row])[None],
        special_tokens_mask=of.first(batch.special_tokens_mask[row])[None],
        token_type_ids=None if types is None else of.first(types[row])[None],
        position_ids=of.first(batch.position_ids[row])[None],
        word_ids=of.first(batch.word_ids[row])[None],
        padding_side=batch.padding_side,
        truncated=(batch.truncated[row],),
    )


def _told(told: np.ndarray, of: Groups) -> np.ndarray:
    """Merge what the model was told, ``[K]`` or ``[Q, K]``: a group may be looked at where any token of it may."""
    keys = np.logical_or.reduceat(told, of.starts, axis=-1)[..., of.shown]
    return (keys if told.ndim == 1 else np.logical_or.reduceat(keys, of.starts, axis=0)[of.shown])[None]


def said(view: View, kind: str = "self") -> str:
    """Say in words what a view does to the model's numbers; nothing where it does nothing."""
    joined = {
        "heads": _("mean over the heads of a layer"),
        "layers": _("mean over the layers"),
        "all": _("mean over all heads"),
        "rollout": _("rollout: each layer passes on half of a token and half of what its heads bring on average"),
    }
    hidden = {
        "hidden": _("special tokens left out")
        if view.contribution
        else _("special tokens left out, so that rows sum to less than 1"),
        "renormalised": _("special tokens left out, each row divided by what is left of it"),
    }
    parts = (
        _("contribution {formula}, token by token and head by head").format(formula=FORMULA)
        if view.contribution
        else None,
        joined.get(view.joins(kind)),
        _("pieces merged into words: mean over a word's queries, sum over its keys") if view.words else None,
        hidden.get(view.special),
    )
    return "; ".join(part for part in parts if part)
