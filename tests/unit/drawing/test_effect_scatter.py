"""The scatter puts each head at its brightness and effect, names those the rule names, and reads no token as markup."""

import numpy as np

from viz.analysis.heads.switch_off import Effect, HeadEffect, bright_but_idle
from viz.drawing.effect_scatter import LEAST, effect_scatter

BRIGHT = np.arange(8, dtype=np.float32)[None] / 8


def head(number: int, kl: float, token: str = "a") -> HeadEffect:
    return HeadEffect(0, number, Effect(token, 0.5, 0.4, kl, token, "b"))


# the brightest quarter are 6 and 7, the dimmest 0 and 1; the least effects have 7 and 3, the largest 0 and 5
RANKED = [head(n, kl) for n, kl in enumerate([9, 3, 4, 0.2, 5, 8, 6, 0.1])]


def trace(figure, name: str):
    return next(trace for trace in figure.data if trace.name == name)


def test_every_head_stands_once_at_its_brightness_and_effect():
    figure = effect_scatter(RANKED, BRIGHT)
    points = {tuple(at): (x, y) for t in figure.data for at, x, y in zip(t.customdata, t.x, t.y)}
    assert points == {(0, of.head): (of.head / 8, of.effect.kl) for of in RANKED}
    assert sum(len(t.x) for t in figure.data) == 8
    assert figure.layout.yaxis.type == "log"


def test_the_named_heads_have_signs_and_names_of_their_own():
    figure = effect_scatter(RANKED, BRIGHT)
    idle, vital = trace(figure, "bright but idle"), trace(figure, "dim but vital")
    assert (list(idle.text), list(vital.text)) == (["L0H7"], ["L0H0"])
    symbols = [t.marker.symbol for t in figure.data]
    assert len(set(symbols)) == 3  # never colour alone


def test_no_effect_at_all_is_drawn_at_the_least_one():
    figure = effect_scatter([head(0, 0.0), head(1, 1.0)], BRIGHT)
    ys = [y for t in figure.data for y in t.y]
    assert min(ys) == LEAST
    low, high = figure.layout.yaxis.range
    assert low < np.log10(LEAST) and high > 0


def test_all_points_are_inside_the_axes():
    figure = effect_scatter(RANKED, BRIGHT)
    (left, right), (low, high) = figure.layout.xaxis.range, figure.layout.yaxis.range
    for t in figure.data:
        assert all(left < x < right for x in t.x) and all(low < np.log10(y) < high for y in t.y)


def test_a_hover_says_both_names_and_the_numbers():
    texts = [text for t in effect_scatter([*RANKED[2:], head(1, 0.123456)], BRIGHT).data for text in t.hovertext]
    assert [text for text in texts if "L0H1" in text] == [
        "Layer1_Head2 · L0H1: brightness 0.125, KL 0.1235 bits, a 50.0% → 40.0%"
    ]


def test_a_token_is_never_markup():
    for token in ["<b>x</b>", "$x$", "%{y}", "#000001"]:
        texts = [
            text
            for t in effect_scatter([head(1, 1.0, token), head(2, 2.0, token)], BRIGHT).data
            for text in t.hovertext
        ]
        assert len(texts) == 2 and not any(token in text for text in texts), token


def test_nothing_ranked_is_an_empty_frame():
    assert bright_but_idle([], BRIGHT) == []
    assert sum(len(t.x) for t in effect_scatter([], BRIGHT).data) == 0
