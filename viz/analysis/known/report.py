"""Say in words and numbers what was reported of a head, and what is measured here."""

from collections.abc import Iterable

from viz.analysis.claims.report import offset_label, shown_p
from viz.analysis.known.findings import Finding
from viz.analysis.known.remeasure import Remeasured
from viz.names import head_index_label, head_label
from viz.text import _, number, percent, sentence, translated

COLUMNS = (
    "head",
    "index",
    "does",
    "source",
    "where",
    "unit",
    "reported",
    "reported_baseline",
    "baseline_is",
    "measured",
    "even",
    "best_offset",
    "n",
    "rank",
    "n_heads",
    "p",
    "shown",
    "why_not_measured",
    "note",
)


def reported(finding: Finding) -> str:
    """Say the figure of the source with its baseline: ``86.8% of hits; always two words to the left: 40.0%``."""
    if finding.reported is None:
        return _("no figure is given")
    if finding.unmeasured and finding.unit == "weight" and finding.baseline is None:
        return figure(finding.reported, "hits")  # a share of something else, which the note names
    said = [_figure_of(finding.reported, finding.unit)]
    if finding.baseline is not None:
        said.append(f"{translated(finding.baseline_is)}: {figure(finding.baseline, finding.unit)}")
    return "; ".join(said)


def measured(of: Remeasured) -> str:
    """Say what was measured, beside luck and the best rule that knows only the position; why, where nothing was."""
    if of.value is None:
        return _("not measured: {why}").format(why=why_not(of))
    said = [_figure_of(of.value, of.finding.unit), _place(of)]
    if of.result is not None and of.finding.unit == "hits":
        rule = offset_label(of.result.best_offset)
        said.append(_("always {rule}: {share}").format(rule=rule, share=figure(of.offset, "hits")))
        said.append(_("luck: {share}").format(share=figure(of.luck, "hits")))
        said.append(f"p = {shown_p(of.result.p)}")
    elif of.even is not None:
        said.append(_("an even look: {value}").format(value=figure(of.even, "weight")))
    return "; ".join(said)


def verdict(of: Remeasured) -> str:
    """Say whether it is found again."""
    if of.shown is None:
        return _("not measured")
    return _("found again") if of.shown else _("not found again")


def why_not(of: Remeasured) -> str:
    """Say why a finding could not be measured; empty where it was."""
    return translated(of.finding.unmeasured) if of.error is None else sentence(of.error)


def figure(value: float | None, unit: str) -> str:
    """Write a share of sentences in per cent, one of attention with two digits; as sources do."""
    if value is None:
        return ""
    return percent(value, 1) if unit == "hits" else number(value, 2)


def table(of: Iterable[Remeasured]) -> dict[str, list]:
    """List findings as columns, the figures as shares from 0 to 1, not rounded; what is not there is None."""
    rows = [
        (
            head_label(one.finding.layer, one.finding.head),
            head_index_label(one.finding.layer, one.finding.head),
            translated(one.finding.does),
            f"{one.finding.source.by} {one.finding.source.year}, {one.finding.source.title}",
            one.finding.where,
            one.finding.unit,
            one.finding.reported,
            one.finding.baseline,
            translated(one.finding.baseline_is),
            one.value,
            one.even,
            one.offset,
            one.n,
            one.rank or None,
            one.n_heads or None,
            None if one.result is None else one.result.p,
            one.shown,
            why_not(one),
            translated(one.finding.note),
        )
        for one in of
    ]
    return {name: [row[at] for row in rows] for at, name in enumerate(COLUMNS)}


def _figure_of(value: float, unit: str) -> str:
    said = figure(value, unit)
    return _("{share} of hits").format(share=said) if unit == "hits" else _("weight {value}").format(value=said)


def _place(of: Remeasured) -> str:
    if of.finding.measure:
        message = _("rank {rank} of {n_heads} in {n} texts")
    else:
        message = _("rank {rank} of {n_heads} in {n} sentences")
    return message.format(rank=of.rank, n_heads=of.n_heads, n=of.n)
