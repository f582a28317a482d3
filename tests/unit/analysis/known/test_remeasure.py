"""What was found of a head is measured again; every number comes from maps written out here."""

from dataclasses import replace

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.claims.text import MarkedSentence, read_sentences
from viz.analysis.known import remeasure as room
from viz.analysis.known import report
from viz.analysis.known.findings import Finding, Source
from viz.analysis.known.remeasure import OfRuns, remeasure
from viz.errors import NothingToMeasure, SentenceNotFound

SOURCE = Source(by="Clark, Khandelwal and Manning", year=2019, title="What?")
CLAIM = Finding(
    "bert", 0, 1, "An object looks at its verb.", SOURCE, "Table 1", "hits", 0.868, 0.4, "always", sentences="x"
)
SENTENCES = read_sentences("He _sees_ a *dog*\nWe _took_ his *hat*\nShe _read_ the *book*\nI _ate_ some *bread*")
N = len(SENTENCES)


def runs(weights: list[float], n_heads: int = 3) -> OfRuns:
    """Give runs of the sentences: of head 1 the object looks at the verb with these weights, others look evenly."""
    tokens = tuple(tuple(sentence.text.split()) for sentence in SENTENCES)
    maps = np.full((N, 1, n_heads, 4, 4), 0.25, dtype=np.float32)
    for row, weight in enumerate(weights):
        maps[row, 0, 1, 3] = [(1 - weight) / 3] * 4
        maps[row, 0, 1, 3, 1] = weight
    fields = {"tokens": tokens, "texts": tuple(sentence.text for sentence in SENTENCES)}
    return OfRuns(
        [hand_made.run([[1] * 4] * N, model=hand_made.model_info(1, n_heads), batch_fields=fields, attentions=maps)]
    )


@pytest.fixture(autouse=True)
def _own_sentences(monkeypatch):
    monkeypatch.setattr(room, "ready", lambda name: SENTENCES)
    monkeypatch.setattr(room, "texts_of", lambda name: tuple(sentence.text for sentence in SENTENCES))


def test_hits_stand_beside_luck_and_the_best_rule_of_position():
    found = remeasure(CLAIM, runs([0.7, 0.7, 0.7, 0.1]))
    assert (found.value, found.n, found.rank, found.n_heads) == (0.75, 4, 1, 3)
    assert found.luck == pytest.approx(1 / 3)  # of three other words one is the verb
    assert found.offset == 1  # the verb always stands two words before
    assert found.shown is False  # so the place explains it all
    assert report.measured(found).startswith("75.0% of hits; rank 1 of 3 in 4 sentences; always the word before the")
    assert report.reported(CLAIM) == "86.8% of hits; always: 40.0%"


def test_a_weight_is_found_again_above_an_even_look_and_among_the_best_tenth():
    weight = replace(CLAIM, unit="weight", reported=0.5)
    found = remeasure(weight, runs([0.7, 0.5, 0.3, 0.5]))
    assert found.value == pytest.approx(0.5)
    assert (found.even, found.rank, found.shown) == (0.25, 1, True)
    assert remeasure(weight, runs([0.1, 0.1, 0.1, 0.1])).shown is False
    assert remeasure(replace(weight, head=0), runs([0.7] * N)).shown is False
    assert remeasure(replace(weight, head=0), runs([0.7] * N)).rank == 2


def test_a_figure_of_these_very_sentences_must_be_within_its_margin():
    card = replace(CLAIM, unit="weight", reported=0.5, within=0.01)
    assert remeasure(card, runs([0.7, 0.5, 0.3, 0.5])).shown is True
    assert remeasure(card, runs([0.7, 0.5, 0.3, 0.55])).shown is False


def test_a_job_of_the_board_is_measured_over_the_rows():
    job = replace(CLAIM, unit="weight", sentences="", measure="next", texts="y")
    found = remeasure(job, runs([0.7] * N))
    assert found.value == pytest.approx(0.25)
    assert (found.n, found.n_heads, found.shown) == (4, 3, False)


def test_of_saved_runs_only_the_sentences_that_are_there_are_read(monkeypatch):
    more = read_sentences("He _sees_ a *dog*\nNobody _knows_ the *way*")
    monkeypatch.setattr(room, "ready", lambda name: more)
    assert remeasure(CLAIM, runs([0.7] * N)).n == 1
    monkeypatch.setattr(room, "ready", lambda name: more[1:])
    found = remeasure(CLAIM, runs([0.7] * N))
    assert found.value is None and isinstance(found.error, SentenceNotFound)
    assert report.measured(found).startswith("not measured: None of the 4 texts that were run")
    assert report.verdict(found) == "not measured"


def test_what_cannot_be_measured_says_why():
    found = remeasure(replace(CLAIM, sentences="", unmeasured="nobody can."), runs([0.7] * N))
    assert (found.value, found.shown, report.measured(found)) == (None, None, "not measured: nobody can.")
    same = replace(CLAIM, unit="weight", sentences="", measure="same", texts="y")  # no token stands there twice
    assert isinstance(remeasure(same, runs([0.7] * N)).error, NothingToMeasure)


def test_the_table_holds_shares_that_are_not_rounded():
    table = report.table([remeasure(CLAIM, runs([0.7, 0.7, 0.1, 0.1]))])
    row = {name: column[0] for name, column in table.items()}
    assert (row["head"], row["index"], row["reported"], row["measured"]) == ("Layer1_Head2", "L0H1", 0.868, 0.5)
    assert (row["even"], row["best_offset"], row["n"], row["shown"]) == (pytest.approx(1 / 3), 1, 4, False)


def test_a_source_is_named_by_its_first_author():
    assert SOURCE.short == "Clark et al. 2019"
    assert Source("Headlight", 2026, "A card").short == "Headlight 2026"
    assert isinstance(SENTENCES[0], MarkedSentence)
