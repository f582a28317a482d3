"""Several visitors of the head board wait for one work, and leave it to each other."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.pages.batch.test_page import count_passes
from viz.engine import forward
from viz.engine.local import engine
from viz.engine.requests import Measure

TWENTY = tuple(f"The {name} sees {n} birds." for n in range(5) for name in ("dog", "cat", "boy", "girl"))


def test_two_visitors_who_ask_for_the_same_board_wait_for_one(monkeypatch):
    passes = count_passes(monkeypatch)
    with ThreadPoolExecutor(2) as pool:  # each with a bar, as the page has it
        first, second = pool.map(
            lambda _n: engine.ask(Measure("headlight-bert", TWENTY), lambda _share: None), range(2)
        )
    assert first is second and len(passes) == 2  # twenty texts in batches of 16


def test_a_visitor_who_clicks_on_leaves_the_work_to_the_next(monkeypatch):
    class ClickedOn(BaseException):
        """As Streamlit raises it where a page shows its progress."""

    def click_on(_share: float) -> None:
        raise ClickedOn

    passes = []
    real = forward.run

    def slow(*arguments, **options):
        passes.append(arguments)
        time.sleep(0.3)
        return real(*arguments, **options)

    monkeypatch.setattr(forward, "run", slow)
    texts = tuple(f"{text} Today." for text in TWENTY)
    with pytest.raises(ClickedOn):
        engine.ask(Measure("headlight-bert", texts), click_on)
    shares = []
    board_of_all = engine.ask(Measure("headlight-bert", texts), shares.append)
    assert (board_of_all.n_texts, len(passes)) == (20, 2)
    assert 0.8 in shares  # 16 of 20 were done meanwhile
