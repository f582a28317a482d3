"""A student's claim is judged as the page Test a claim judges it: by readings of the same sentences."""

import pytest

from tests.packs import pack, question
from viz.analysis.claims.text import read_sentences
from viz.analysis.claims.verdict import judge
from viz.engine.local import engine
from viz.engine.requests import Gather
from viz.errors import HeadOutOfRange, WrongMarks
from viz.packs import claims
from viz.packs.errors import TooFewSentences
from viz.packs.progress import Given
from viz.packs.reading import read

SENTENCES = "The dog *quickly* _ran_ home.\nThe girl _sang_ *softly* at night.\nThe cat *slowly* _walked_ away."
PACK = read(pack(question("head", "{of: claim, at_least: 3}")), "x.yaml")
(ASKED,) = PACK.questions


def given(head: str, sentences: str = SENTENCES) -> Given:
    return Given(head, "Layer1_Head1", sentences=sentences)


def test_the_head_that_was_named_last_is_tested_alone():
    result = claims.tested(PACK, ASKED, given("Layer4_Head11"), engine.ask)
    evidence = engine.ask(Gather("headlight-bert", read_sentences(SENTENCES)))
    assert result.standing == judge(evidence.readings, (3, 10)).standing
    assert (result.n_searched, len(result.readings)) == (1, 3)


def test_too_few_sentences_wrong_marks_and_no_head_are_refused_in_words():
    with pytest.raises(TooFewSentences, match="is 2; this question asks for at least 3"):
        claims.request(PACK, ASKED, SENTENCES.rpartition("\n")[0])
    with pytest.raises(WrongMarks):
        claims.request(PACK, ASKED, "No marks here.\n" + SENTENCES)
    with pytest.raises(HeadOutOfRange):
        claims.tested(PACK, ASKED, given("Layer99_Head1"), engine.ask)
