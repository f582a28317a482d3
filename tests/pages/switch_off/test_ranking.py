"""The ranking of all heads: numbers of a model edited by hand, stopped and gone on with, each head once."""

import pytest

from pages.switch_off.ranking import Ranking
from tests.pages.driver import assert_no_failure, figure, messages, open_app, press, table, title
from tests.pages.switch_off.steps import BEGINNING, PAGE, SENTENCE, expect_word, name_off, rank, shares
from viz.engine import forward, switch_off
from viz.engine.local import engine
from viz.engine.requests import Ask, Rank
from viz.errors import ModelNotFound

ASK = Ask("headlight-bert", (SENTENCE,))
ALL_HEADS = [(layer, head) for layer in range(6) for head in range(12)]


def test_the_cost_is_said_before_anything_is_ranked(opened):
    notes = "\n".join(messages(opened.caption))
    assert (
        "Each head is switched off alone: 7 passes, about " in notes
    )  # one with all heads on, one for each of 6 layers
    assert "Nothing was ranked yet" in notes


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_the_ranking_has_every_head_with_the_numbers_of_a_model_edited_by_hand(family, bert, gpt2):
    model, sentence = (bert, SENTENCE) if family == "bert" else (gpt2, BEGINNING)
    app = rank(open_app(PAGE, model=f"headlight-{family}", text=sentence))
    there = table(app, "KL in bits")
    assert len(there) == 72 and there["from 0"].nunique() == 72
    assert there["KL in bits"].is_monotonic_decreasing
    before = shares(model, sentence)
    best = int(before.argmax())
    for _number, row in there.iloc[[0, 1, 20, 71]].iterrows():
        layer, head = (int(part) for part in row["from 0"][1:].split("H"))
        after = shares(model, sentence, [(layer, head)])
        assert row["after"] == pytest.approx(float(after[best]), abs=1e-6)
        assert row["KL in bits"] == pytest.approx(float((before * (before / after).log2()).sum()), abs=1e-5)
    assert sum(len(trace["customdata"]) for trace in figure(app, "effect_scatter")["data"]) == 72
    assert [button for button in app.button if button.key in ("rank_all", "stop_ranking")] == []


def test_a_named_head_opens_its_map_without_any_pass(monkeypatch):
    app = rank(open_app(PAGE))
    passes = count_passes(monkeypatch)
    button = next(button for button in app.button if (button.key or "").startswith("strong_"))
    name = button.label.replace("\\", "").split(":")[0]
    button.click().run()
    assert_no_failure(app)
    assert title(app).startswith(name)
    app.number_input(key="layer_number").set_value(4).run()
    assert title(app).startswith("Layer4_")
    assert passes == []


def test_switching_a_head_is_one_pass_and_the_ranking_stays(monkeypatch):
    app = rank(open_app(PAGE))
    passes = count_passes(monkeypatch)
    name_off(app, "L3H7, L4H11, L0H2")
    assert len(passes) == 1 and len(table(app, "KL in bits")) == 72
    name_off(app, "L1H9")  # known from before
    assert len(passes) == 1


def count_passes(monkeypatch) -> list:
    """Collect every pass the app makes from here on, rankings too; the real pass is still made."""
    passes = []
    for module, name in ((forward, "run"), (switch_off, "rank_all")):
        real = getattr(module, name)

        def counted(*arguments, _real=real, **options):
            passes.append(arguments)
            return _real(*arguments, **options)

        monkeypatch.setattr(module, name, counted)
    return passes


def test_a_ranking_that_was_stopped_shows_what_it_has_and_goes_on():
    app = rank(open_app(PAGE))
    whole = table(app, "KL in bits")
    done = app.session_state["ranking"]
    stopped = app.session_state["ranking"] = Ranking(done.asked)
    stopped.add(done.done[:24])
    app.run()
    assert "Stopped after 24 of 72 heads; what follows is of these." in messages(app.info)
    assert len(table(app, "KL in bits")) == 24
    press(app, "Go on ranking")
    assert table(app, "KL in bits").equals(whole)


def test_a_ranking_that_fails_midway_says_why_keeps_what_it_has_and_does_not_begin_again(monkeypatch):
    real = switch_off.rank_all

    def failing(*arguments, **options):
        yield next(real(*arguments, **options))
        raise ModelNotFound(checkpoint="headlight-bert", shipped="another")

    monkeypatch.setattr(switch_off, "rank_all", failing)
    app = rank(open_app(PAGE))
    assert messages(app.error)[0].startswith("There is no model 'headlight-bert'")
    assert len(table(app, "KL in bits")) == 12
    app.run()
    assert not app.error and "Stopped after 12 of 72 heads; what follows is of these." in messages(app.info)


def test_another_word_or_sentence_is_ranked_anew():
    app = expect_word(rank(open_app(PAGE)), "field")
    assert "Nothing was ranked yet for this sentence and this word." in messages(app.caption)
    rank(app)
    assert set(table(app, "KL in bits")["expected word"]) == {"field"}


def ranked(n_done: int):
    """Stream the effects of the shipped BERT's heads from one on, a layer at a time."""
    return engine.stream(Rank(ASK, 0, word_id=2000, n_done=n_done))


def test_a_pass_that_ends_after_a_click_counts_once():
    """The page before the click is at its second pass while the new page measures the same heads."""
    ranking, before = Ranking(asked=(ASK,)), ranked(0)
    ranking.add(next(before))
    after, late = ranked(len(ranking.done)), next(before)
    for part in after:
        ranking.add(part)
        ranking.add(late)
    assert [(of.layer, of.head) for of in ranking.done] == ALL_HEADS


def test_a_pass_that_ends_before_the_new_page_has_measured_keeps_the_order():
    ranking, before, after = Ranking(asked=(ASK,)), ranked(0), ranked(0)
    ranking.add(next(before))
    for part in after:
        ranking.add(part)
    assert [(of.layer, of.head) for of in ranking.done] == ALL_HEADS
