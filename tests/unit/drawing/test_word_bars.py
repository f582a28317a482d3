"""Bars of word importance: three a word, in the order of the text, the strongest of many."""

import numpy as np

from tests import hand_made
from viz import theme
from viz.analysis.reasons.importance import Importance
from viz.analysis.words import Word
from viz.drawing.word_bars import AGAINST, MOST_WORDS, word_bars


def importance(words: list[str], gradients: list[float]) -> Importance:
    return Importance(
        model=hand_made.model_info(),
        answer="a",
        rival=None,
        baseline="[MASK]",
        words=tuple(Word(text, (at + 1,), special=False) for at, text in enumerate(words)),
        gradients=np.array(gradients),
        occlusion=np.array(gradients) / 2,
        score=1.0,
        baseline_score=0.0,
        n_steps=32,
    )


def test_each_word_has_three_bars_and_what_speaks_against_is_orange():
    figure = word_bars(importance(["the", "<b>"], [2.0, -1.0]), np.array([0.25, 0.5]))
    assert [list(bars.x) for bars in figure.data] == [[2.0, -1.0], [1.0, -0.5], [0.25, 0.5]]
    assert all(list(bars.y) == ["2 the", "3 &lt;b&gt;"] for bars in figure.data)
    assert list(figure.data[0].marker.color) == [theme.BAR, AGAINST]
    low, high = figure.layout.xaxis.range
    assert low < -1 and high > 2
    assert figure.layout.xaxis3.range[0] == 0


def test_of_many_words_the_strongest_are_drawn_in_the_order_of_the_text():
    gradients = [float(at % 7 - 3) for at in range(60)]
    figure = word_bars(importance([f"w{at}" for at in range(60)], gradients), np.full(60, 0.1))
    shown = [int(name.split()[0]) for name in figure.data[0].y]
    assert len(shown) == MOST_WORDS and shown == sorted(shown)
    left_out = set(range(2, 62)) - set(shown)
    assert max(abs(gradients[at - 2]) for at in left_out) <= min(abs(gradients[at - 2]) for at in shown)
