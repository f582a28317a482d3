"""Put together what is measured of one head: its jobs among all heads, its effect on an answer, the ready claims."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from viz.analysis.claims import report as claim_report
from viz.analysis.claims.readings import Evidence
from viz.analysis.claims.text import ReadyClaim
from viz.analysis.claims.verdict import Result, judge
from viz.analysis.heads.boards import Board, Head, Score, measure_label
from viz.analysis.heads.measures import MEASURES
from viz.analysis.heads.patterns import ranked
from viz.analysis.heads.switch_off import Effect, effect
from viz.analysis.known.findings import Finding
from viz.names import head_index_label, head_label
from viz.records import Run
from viz.text import translated

COLUMNS = ("head", "index", "about", "what", "value", "rank", "n_heads", "even", "n", "said")


@dataclass(frozen=True, slots=True)
class Job:
    """Hold one measured job of a head and its place among all; ``even`` is that of a head that looks evenly."""

    measure: str
    value: float
    rank: int  # 1 is best; heads without a value are left out
    n_heads: int
    even: float
    best: Head
    n_texts: int


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """Hold a ready claim as one head did in it, named beforehand."""

    claim: ReadyClaim
    result: Result


def jobs(board: Board, head: Head) -> list[Job]:
    """List the jobs of one head that could be measured, special tokens counted, the best places first.

    A job that all heads do alike, as to give nothing to padding that is not there, tells nothing of one.
    """
    scores = board.scores(count_special=True).values()
    telling = [score for score in scores if np.isfinite(score.mean[head]) and not _alike(score.mean)]
    return sorted((_job(score, head) for score in telling), key=lambda job: job.rank)


def _alike(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)]
    return bool((known == known[0]).all())


def _job(score: Score, head: Head) -> Job:
    """Rank a head; equal heads share the better place."""
    order = ranked(score.mean, score.measure)
    value = float(score.mean[head])
    lowest_first = MEASURES[score.measure].lowest_first
    better = [v for _layer, _head, v in order if (v < value if lowest_first else v > value)]
    return Job(
        measure=score.measure,
        value=value,
        rank=1 + len(better),
        n_heads=len(order),
        even=float(score.uniform[head[0]]),
        best=order[0][:2],
        n_texts=score.n_texts,
    )


def off_effect(before: Run, after: Run, readout: int = 0) -> Effect:
    """Compare an answer with all heads on with that without one, followed at the word that was best before."""
    logits = before.readout_logits[readout]
    return effect(logits, after.readout_logits[readout], int(logits.argmax()), before.model.vocabulary)


def tested(claim: ReadyClaim, evidence: Evidence, head: Head) -> Tested:
    """Judge a ready claim for a head that was named beforehand."""
    return Tested(claim, judge(evidence.readings, head, evidence.left_out))


def table(
    head: Head,
    measured: Iterable[Job],
    effect: Effect | None = None,
    claims: Iterable[Tested] = (),
    found: Iterable[Finding] = (),
) -> dict[str, list]:
    """List all that is known of a head as columns; numbers are not rounded, what has no number is None."""
    rows = [("job", job.measure, job.value, job.rank, job.n_heads, job.even, job.n_texts, "") for job in measured]
    if effect is not None:
        rows += [
            ("switched off", "KL in bits", effect.kl, None, None, None, 1, ""),
            ("switched off", f"probability of {effect.token} before", effect.probability_before, *[None] * 3, 1, ""),
            ("switched off", f"probability of {effect.token} after", effect.probability_after, *[None] * 3, 1, ""),
        ]
    rows += [_claim_row(of) for of in claims]
    rows += [_finding_row(of) for of in found]
    names = (head_label(*head), head_index_label(*head))
    lines = [(*names, *row) for row in rows]
    return {name: [line[at] for line in lines] for at, name in enumerate(COLUMNS)}


def _claim_row(of: Tested) -> tuple:
    result = of.result
    total = len(result.readings)
    said = claim_report.verdict_sentence(result)
    hits, luck = result.standing.hits / total, result.luck / total
    return (
        "claim, share of hits",
        translated(of.claim.title),
        hits,
        result.standing.rank,
        result.n_heads,
        luck,
        total,
        said,
    )


def _finding_row(of: Finding) -> tuple:
    source = f"{of.source.short}, {of.where}"
    return "found by others", translated(of.does), of.reported, None, None, of.baseline, None, source


def job_name(job: Job) -> str:
    """Name a job as the screen does."""
    return measure_label(job.measure)
