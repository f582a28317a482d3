"""Test the claim of a student: a head that was named beforehand, on sentences that the student marked."""

from typing import TypeGuard

from viz.analysis.claims.readings import Evidence
from viz.analysis.claims.text import read_sentences
from viz.analysis.claims.verdict import Result, judge
from viz.engine.requests import Gather
from viz.names import parse_head
from viz.packs import answer_kinds, schema
from viz.packs.errors import TooFewSentences
from viz.packs.measures import Asking
from viz.packs.progress import Given


def request(pack: schema.Pack, question: schema.HeadQuestion, sentences: str) -> Gather:
    """Say what the model is asked for a claim: that of the part's texts, else the pack's own.

    Raises what ``read_sentences`` raises, or ``TooFewSentences``.
    """
    assert isinstance(question.answer, answer_kinds.ClaimAnswer)
    marked, least = read_sentences(sentences), question.answer.at_least
    if len(marked) < least:
        raise TooFewSentences(n=len(marked), least=least)
    show = pack.part_of(question.id).show
    return Gather((show.model if show else None) or pack.model, marked)


def tested(pack: schema.Pack, question: schema.HeadQuestion, given: Given, ask: Asking) -> Result:
    """Judge the claim that was given last. Raises what ``request``, ``parse_head`` and ``ask`` raise."""
    return tested_on(pack, question, given, ask)[1]


def tested_on(pack: schema.Pack, question: schema.HeadQuestion, given: Given, ask: Asking) -> tuple[Evidence, Result]:
    """Judge the claim that was given last, and give what it is judged by; raises what ``tested`` raises."""
    evidence: Evidence = ask(request(pack, question, given.sentences))
    head = parse_head(given.last, evidence.model.n_layers, evidence.model.n_heads)
    return evidence, judge(evidence.readings, head, evidence.left_out)


def is_claim(question: schema.AnyQuestion) -> TypeGuard[schema.HeadQuestion]:
    """Tell whether a question asks for a claim."""
    return isinstance(question.answer, answer_kinds.ClaimAnswer)
