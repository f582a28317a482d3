"""The page Generation, step by step, without a browser: every step's words and numbers, and what is refused."""

import numpy as np
import pytest
import torch

from tests.model import plain
from tests.pages.driver import figure, html, messages, open_app, press, table, title
from viz.engine import forward, generation
from viz.shipped import MODELS_FOLDER

PAGE = "pages/generation/page.py"
PROMPTS = ["It will rain in the", "I want to eat a big bowl of", "My dog is"]


@pytest.fixture(scope="module")
def greedy():
    """Give plain transformers' greedy continuation of the prompts: ids ``[B, S]``, logits ``[S][B, V]``, tokenizer."""
    torch.set_num_threads(1)
    gpt2 = plain.load(MODELS_FOLDER / "headlight-gpt2", causal=True)
    inputs = gpt2.tokenizer(PROMPTS, padding=True, padding_side="left", return_tensors="pt")
    with torch.no_grad():
        output = gpt2.model.generate(
            **inputs,
            max_new_tokens=10,
            do_sample=False,
            pad_token_id=gpt2.tokenizer.eos_token_id,
            return_dict_in_generate=True,
            output_logits=True,
        )
    return output.sequences[:, inputs["input_ids"].shape[1] :], output.logits, gpt2.tokenizer


def go_to(app, step: int):
    app.slider(key="step_slider").set_value(step).run()
    assert not app.exception
    return app


def shown(token: str) -> str:
    return token.replace("Ġ", "␣")


@pytest.mark.parametrize("step", [1, 2])
def test_the_words_and_probabilities_of_a_step_are_those_of_generate(greedy, step):
    ids, logits, tokenizer = greedy
    chosen = table(go_to(open_app(PAGE), step), "chosen")
    at = ids[:, step - 1]
    assert chosen["chosen"].tolist() == [shown(token) for token in tokenizer.convert_ids_to_tokens(at.tolist())]
    shares = logits[step - 1].double().softmax(-1)
    np.testing.assert_allclose(chosen["of the whole vocabulary"], shares[range(3), at], atol=1e-6)
    assert chosen["rank"].tolist() == [1, 1, 1]


def test_a_prompt_that_has_ended_is_finished_and_its_place_is_padding(greedy):
    ids, _logits, tokenizer = greedy
    ends = [row.tolist().index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in row else None for row in ids]
    first = int(np.argmin([end or 99 for end in ends]))
    assert ends[first] < max(end or 10 for end in ends), "one of the prompts must end before another"
    app = go_to(open_app(PAGE), ends[first] + 1)
    assert table(app, "chosen")["chosen"][first] == "finished"
    app.segmented_control(key="prompt_number").set_value(first).run()
    assert any("This prompt has ended" in c.value for c in app.caption)


def test_the_row_that_predicts_the_next_token_is_framed():
    app = open_app(PAGE)
    layout = figure(app, "head_map")["layout"]
    assert any("predicts the next token" in note["text"] for note in layout["annotations"])
    n_tokens = len(figure(app, "head_map")["data"][-1]["y"])
    frames = [shape for shape in layout["shapes"] if shape["type"] == "rect"]
    assert [(frame["y0"], frame["y1"]) for frame in frames] == [(n_tokens - 1.5, n_tokens - 0.5)]
    assert len(figure(go_to(app, 2), "head_map")["data"][-1]["y"]) == n_tokens + 1


def test_steps_heads_and_prompts_need_no_pass(monkeypatch):
    app = open_app(PAGE)
    made = []
    generate, run = generation.generate, forward.run
    monkeypatch.setattr(generation, "generate", lambda *a, **o: (made.append(a), generate(*a, **o))[1])
    monkeypatch.setattr(forward, "run", lambda *a, **o: (made.append(a), run(*a, **o))[1])
    go_to(app, 2)
    app.segmented_control(key="prompt_number").set_value(2).run()
    app.text_input(key="head_name").set_value("L4H9").run()
    assert title(app) == "Layer5_Head10 · L4H9"
    assert made == []
    open_app(PAGE, text="A prompt that nobody continued before")
    assert len(made) == 2  # the continuation, and one pass over all of it


def test_cutting_leaves_nothing_outside_of_the_best_k_words():
    app = open_app(PAGE)
    app.toggle(key="sample").set_value(True).run()
    app.number_input(key="top_k").set_value(3).run()
    words = table(app, "word")
    assert (words["after cutting"][3:] == 0).all()
    best = words["of the whole vocabulary"][:3]
    np.testing.assert_allclose(words["after cutting"][:3], best / best.sum(), atol=1e-6)


def test_the_same_seed_draws_the_same_words_and_another_one_others():
    app = open_app(PAGE)
    app.toggle(key="sample").set_value(True).run()

    def texts(seed: int) -> list:
        app.number_input(key="seed").set_value(seed).run()
        n_steps = int(app.slider(key="step_slider").max)
        return [table(go_to(app, step), "chosen")["chosen"].tolist() for step in range(1, n_steps + 1)]

    first = texts(1)
    assert texts(2) != first
    assert texts(1) == first


def test_playing_starts_and_pauses():
    app = press(open_app(PAGE), "Play")
    assert any(button.label == "Pause" for button in app.button)
    assert any(button.label == "Play" for button in press(app, "Pause").button)


def test_a_masked_model_is_refused_in_words():
    app = open_app(PAGE)
    app.selectbox(key="batch_model").set_value("headlight-bert")
    press(app, "Run")
    assert "headlight-bert" in messages(app.error)[0]
    assert title(app).startswith("Layer4_Head11")


def test_more_tokens_than_the_model_reads_are_refused_and_the_last_steps_stay():
    app = open_app(PAGE)
    app.text_area(key="batch_text").set_value("the " * 120)
    press(app, "Run")
    assert len(app.error) == 1
    assert len(table(app, "chosen")) == 3


@pytest.mark.parametrize("text", ["<|endoftext|>", "😀", "<script>x</script>\n$x$", "مرحبا my dog\nMy dog is"])
def test_any_prompts_are_continued(text):
    app = open_app(PAGE, text=text)
    assert not app.error
    assert "<script>" not in html(app)
