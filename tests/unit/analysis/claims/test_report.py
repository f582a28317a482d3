"""The verdict is said with its numbers, and analysis.md holds all that it rests on."""

import numpy as np

from tests import catalogues, hand_made
from viz.analysis.claims import report, verdict
from viz.analysis.claims.readings import Reading
from viz.analysis.claims.text import read_sentences
from viz.analysis.claims.verdict import Verdict

BEFORE, BEHIND = read_sentences("The cat _sits_ now *so* still.\nThe cat *so* now _sits_ still.")


def reading(sentence, hit: bool, *, offset: int, weight: float = 0.6) -> Reading:
    """Build what one head, next to one that never hits, gives to four candidates."""
    weights = np.array([[[0.05, 0.05, 0.05, 0.05], [0.01, 0.01, 0.01, 0.01]]], dtype=np.float32)
    weights[0, 0, 1 if hit else 2] = weight
    offsets = (-3, offset, 4, 5)
    return Reading(sentence, 0, 0, ("the", "sits", "c|at", "still"), offsets, 1, 0.125, weights)


def judged(hits_before: str, hits_behind: str = "", *, offsets=(-2, 2), head=(0, 0), weight: float = 0.6):
    readings = [reading(BEFORE, sign == "+", offset=offsets[0], weight=weight) for sign in hits_before]
    readings += [reading(BEHIND, sign == "+", offset=offsets[1], weight=weight) for sign in hits_behind]
    return verdict.judge(readings, head, ())


def test_a_verdict_is_said_with_its_numbers():
    for result, expected, said in [
        (
            judged("+++++", "+++++"),
            Verdict.HOLDS,
            "Holds: Layer1_Head1 · L0H0 looks most from the query word at the key word in 10 of 10 sentences "
            "(luck: 2.5; p = 9.5e-7), also when the order is swapped (5 of 5).",  # 4 ** -10
        ),
        (
            judged("+++++", offsets=(-4, 4)),
            Verdict.HOLDS,
            "Holds: Layer1_Head1 · L0H0 looks most from the query word at the key word in 5 of 5 sentences "
            "(luck: 1.2; p = 0.00098). The key always stands on the same side of the query: swap the order to be "
            "surer.",
        ),
        (
            judged("+++++", "-----", offsets=(-4, 4)),
            Verdict.NOT_SHOWN,
            "Not shown: Layer1_Head1 · L0H0 looks most at the key word in 5 of 10 sentences; luck alone gives 2.5 "
            "(p = 0.078).",
        ),
        (
            judged("++++++", "-----", offsets=(-4, 4)),
            Verdict.ONE_ORDER,
            "Holds in one order only: Layer1_Head1 · L0H0 looks most at the key word in 6 of 6 sentences, "
            "and in 0 of 5 when the order is swapped.",
        ),
        (
            judged("++++", offsets=(-1, 1)),
            Verdict.POSITION,
            "Follows position, not the word: Layer1_Head1 · L0H0 looks most at the key word in 4 of 4 sentences, but "
            "always looking at the previous word gives 4, and the head looks there in 4. "
            "Take sentences in which the key stands elsewhere, to tell the two apart.",
        ),
        (
            judged("+++++", offsets=(-4, 4), weight=0.1),
            Verdict.FAINT,
            "Too faint: Layer1_Head1 · L0H0 gives the key word more than any other word in 5 of 5 sentences "
            "(p = 0.00098), but only 0.100 on average; looking evenly at all tokens would give 0.125.",
        ),
        (
            judged("+" * 9 + "-" * 11, offsets=(-4, 4)),
            Verdict.WEAK,
            "Weak: Layer1_Head1 · L0H0 looks most at the key word in 9 of 20 sentences; that is more than luck "
            "(5.0; p = 0.041), but less than half.",
        ),
    ]:
        assert result.verdict is expected, said
        assert report.verdict_sentence(result) == said


def test_a_search_says_over_how_many_heads():
    result = judged("+++++", "+++++", head=None)
    assert "p = 1.9e-6 for the best of 2 heads" in report.verdict_sentence(result)  # 2 * 4 ** -10


def test_a_probability_has_two_digits():
    for p, shown in [(0.15, "0.15"), (3.14e-9, "3.1e-9"), (1.0, "1"), (2e-12, "2e-12"), (0.000123, "0.00012")]:
        assert report.shown_p(p) == shown, p


def test_an_analysis_holds_claim_verdict_and_tables():
    result = judged("++-", "++", offsets=(-4, 4), head=(0, 1))
    written = report.analysis(result, hand_made.model_info(checkpoint="a_b", weights="random"), ["1.png", "2.png"])
    lines = written.splitlines()
    assert lines[0] == "# A claim about Layer1_Head2 · L0H1"
    assert r"The head was named beforehand. Model: a\_b (random weights)." in written
    assert f"**{report.verdict_sentence(result)}**" in lines
    assert r"| The cat \_sits\_ now \*so\* still. | no | 0.010 | the | 4 |" in lines
    assert lines.count(r"| The cat \_sits\_ now \*so\* still. | no | 0.010 | the | 4 |") == 3
    assert "| 1 | Layer1_Head1 · L0H0 | 4 of 5 | 0.490 |" in lines  # (4 * 0.6 + 0.05) / 5
    assert "| 2 | Layer1_Head2 · L0H1 | 0 of 5 | 0.010 |" in lines
    assert "| the previous word | 0 of 5 |" in lines
    assert r"![The cat \_sits\_ now \*so\* still.](1.png)" in lines


def test_what_a_token_holds_is_never_read_as_markdown():
    written = report.analysis(judged("-"), hand_made.model_info())
    assert r"| no | 0.050 | c\|at | 4 |" in written


def test_sentences_that_were_left_out_are_listed():
    result = verdict.judge([reading(BEFORE, True, offset=-2)], (0, 0), [BEHIND])
    assert r"- The cat \*so\* now \_sits\_ still." in report.analysis(result, hand_made.model_info())


def test_the_verdict_is_said_in_the_readers_language(speak, tmp_path):
    english = "Not shown: {head} looks most at the key word in {hits} of {total} sentences; luck alone gives {luck:.1f} ({p})."
    russian = "{head}: {hits} из {total}, случайно {luck:.1f} ({p})"
    catalogues.write(tmp_path, "ru", {english: russian, "p = {p}": "P={p}"})
    said = report.verdict_sentence(judged("-"))
    speak("ru")
    assert report.verdict_sentence(judged("-")) == "Layer1_Head1 · L0H0: 0 из 1, случайно 0,2 (P=1)"
    assert "luck alone gives 0.2 (p = 1)" in said
