"""Test the claims of a class again, each that differs once: which hold, and who made them."""

from collections.abc import Iterator
from dataclasses import dataclass

from viz.analysis.claims.report import verdict_sentence
from viz.analysis.claims.text import MarkedSentence
from viz.analysis.claims.verdict import Verdict
from viz.errors import VizError
from viz.packs import claims, schema
from viz.packs.classroom import Answered, Classroom
from viz.packs.grading import canonical
from viz.packs.measures import Asking
from viz.text import sentence


@dataclass(frozen=True, slots=True)
class Claim:
    """Hold a claim that students made: the head, the sentences, and the answers it stands in."""

    question: schema.HeadQuestion
    head: str
    checkpoint: str
    sentences: tuple[MarkedSentence, ...]  # none where they cannot be read
    answers: tuple[Answered, ...]

    @property
    def students(self) -> list[str]:
        """Name who made it."""
        return [answer.student.name for answer in self.answers]


@dataclass(frozen=True, slots=True)
class Retested:
    """Hold how a claim fares now; ``verdict`` is None where it cannot be tested, and ``said`` says why."""

    claim: Claim
    verdict: Verdict | None
    said: str

    @property
    def holds(self) -> bool:
        """Tell whether it stands."""
        return self.verdict is Verdict.HOLDS


def claims_of(of: Classroom) -> list[Claim]:
    """List the claims that differ, by head, sentences and model, in the order in which they were handed in."""
    found: dict[tuple, list[Answered]] = {}
    for row in of.rows:
        if claims.is_claim(row.question):
            key = row.question.id, canonical(row.question, row.given.last), *_tested_on(row)
            found.setdefault(key, []).append(row)
    return [
        Claim(rows[0].question, head, checkpoint, sentences, tuple(rows))
        for (_id, head, checkpoint, sentences, _as_typed), rows in found.items()
        if claims.is_claim(rows[0].question)
    ]


def retest(found: list[Claim], ask: Asking) -> Iterator[Retested]:
    """Run the sentences of one claim after the other, and judge it; what cannot be tested is said."""
    for claim in found:
        row = claim.answers[0]
        try:
            result = claims.tested(row.student.pack.pack, claim.question, row.given, ask)
        except VizError as error:
            yield Retested(claim, None, sentence(error))
            continue
        yield Retested(claim, result.verdict, verdict_sentence(result))


def _tested_on(row: Answered) -> tuple[str, tuple[MarkedSentence, ...], str]:
    """Give the model and the sentences of a claim; where they cannot be read, what was typed tells it from others."""
    assert claims.is_claim(row.question)
    try:
        request = claims.request(row.student.pack.pack, row.question, row.given.sentences)
    except VizError:
        return "", (), row.given.sentences
    return request.checkpoint, request.sentences, ""
