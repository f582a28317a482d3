"""A ranking that goes on after a click counts each head once, whichever of two pages measured it."""

from pages.switch_off.ranking import Ranking
from viz.engine.local import engine
from viz.engine.requests import Ask, Rank

ASK = Ask("headlight-bert", ("The turtle moves slow across the [MASK].",))
N_LAYERS, N_HEADS = 6, 12


def stream(n_done: int):
    return engine.stream(Rank(ASK, 0, word_id=2000, off_by="zero", n_done=n_done))


def test_a_pass_that_ends_after_a_click_counts_once():
    """The page before the click is at its second pass while the new page measures the same heads."""
    ranking = Ranking(asked=(ASK,))
    before = stream(0)
    ranking.add(next(before))
    after = stream(len(ranking.done))
    late = next(before)
    for part in after:
        ranking.add(part)
        ranking.add(late)
    assert [(of.layer, of.head) for of in ranking.done] == [
        (layer, head) for layer in range(N_LAYERS) for head in range(N_HEADS)
    ]


def test_a_pass_that_ends_before_the_new_page_has_measured_keeps_the_order():
    ranking = Ranking(asked=(ASK,))
    before = stream(0)
    after = stream(0)
    ranking.add(next(before))
    for part in after:
        ranking.add(part)
    assert [(of.layer, of.head) for of in ranking.done] == [
        (layer, head) for layer in range(N_LAYERS) for head in range(N_HEADS)
    ]
