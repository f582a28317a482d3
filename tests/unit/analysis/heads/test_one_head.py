"""All that is measured of one head, from maps written out here."""

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.claims.readings import Evidence, gather
from viz.analysis.claims.text import READY, read_sentences
from viz.analysis.heads import boards, one_head
from viz.analysis.known.findings import Finding, Source

# Three heads over three tokens: one looks at the token before, one evenly, one at itself.
BEFORE = [[1, 0, 0], [0.8, 0.2, 0], [0, 0.6, 0.4]]
EVEN = [[1 / 3] * 3] * 3
ITSELF = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def run(*maps):
    values = np.array([[maps]], dtype=np.float32)  # [B, L, H, Q, K]
    return hand_made.run([[1] * 3], model=hand_made.model_info(1, len(maps)), attentions=values)


def test_a_job_stands_with_the_rank_among_all_heads_and_an_even_look():
    board = boards.measure([run(BEFORE, EVEN, ITSELF)])
    jobs = {job.measure: job for job in one_head.jobs(board, (0, 0))}
    assert jobs["previous"].value == pytest.approx((0.8 + 0.6) / 2)
    assert (jobs["previous"].rank, jobs["previous"].n_heads, jobs["previous"].best) == (1, 3, (0, 0))
    assert jobs["previous"].even == pytest.approx(1 / 3)
    assert jobs["self"].rank == 2  # 1.6 / 3, behind the one that looks at itself
    assert jobs["entropy"].rank == 2  # the lowest is the best: it looks at two tokens where another looks at one
    assert [job.rank for job in jobs.values()] == sorted(job.rank for job in jobs.values())


def test_equal_heads_share_the_better_rank_and_what_all_do_alike_is_left_out():
    board = boards.measure([run(BEFORE, BEFORE, ITSELF)])
    for head in ((0, 0), (0, 1)):
        jobs = {job.measure: job for job in one_head.jobs(board, head)}
        assert jobs["previous"].rank == 1
        assert jobs["self"].rank == 2
        assert "padding" not in jobs  # there is none, and every head gives nothing to it
    assert one_head.jobs(boards.measure([run(EVEN, EVEN, EVEN)]), (0, 1)) == []


def test_the_effect_is_followed_at_the_word_that_was_best_before():
    model = hand_made.model_info(vocabulary=("a", "b"))
    before, after = (
        hand_made.run(
            [[1] * 3], model=model, readouts=np.array([[0, 2]]), readout_logits=np.log(np.array([shares], np.float32))
        )
        for shares in ((0.25, 0.75), (0.5, 0.5))
    )
    of = one_head.off_effect(before, after)
    assert (of.token, of.top_before) == ("b", "b")
    assert (of.probability_before, of.probability_after) == (pytest.approx(0.75), pytest.approx(0.5))
    assert of.kl == pytest.approx(0.25 * np.log2(0.5) + 0.75 * np.log2(1.5), abs=1e-6)


def test_the_table_holds_jobs_effect_claims_and_findings():
    sentences = read_sentences("_a_ *b* c")
    fields = {"tokens": (("a", "b", "c"),), "texts": ("a b c",)}
    maps = np.array([[[BEFORE, EVEN]]], dtype=np.float32)
    made = hand_made.run([[1] * 3], model=hand_made.model_info(1, 2), batch_fields=fields, attentions=maps)
    evidence = Evidence((made,), *gather([made], sentences))
    claim = one_head.tested(READY[0], evidence, (0, 0))
    finding = Finding("m", 0, 0, "It looks back.", Source("Wang, Li", 2022, "T"), "Figure 2", "weight", 0.59)
    table = one_head.table((0, 0), one_head.jobs(boards.measure([made]), (0, 0)), None, [claim], [finding])
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    assert {row["head"] for row in rows} == {"Layer1_Head1"} and {row["index"] for row in rows} == {"L0H0"}
    (hits,) = [row for row in rows if row["about"] == "claim, share of hits"]
    assert (hits["value"], hits["rank"], hits["n_heads"], hits["even"], hits["n"]) == (1, 1, 2, 0.5, 1)
    assert rows[-1]["about"] == "found by others" and rows[-1]["value"] == 0.59
    assert rows[-1]["said"] == "Wang et al. 2022, Figure 2"
