"""Every mistake of the padding museum is made here with plain transformers alone, as it was reported."""

import numpy as np
import pytest
import torch

from tests.model import plain
from viz.analysis.batches.museum import MUSEUM, REPAIRED
from viz.analysis.batches.same_alone import Mistakes
from viz.engine.models import load_model
from viz.engine.same_alone import check, continuations
from viz.errors import MaskPerQueryRefused
from viz.shipped import MODELS_FOLDER


def plainly(name: str, theirs: plain.Plain, texts: list[str]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Make the mistake as its script does: what the model is given, and the true mask."""
    tokenizer = theirs.tokenizer
    if name == "doubled_ends":
        texts = [f"{tokenizer.cls_token} {text} {tokenizer.sep_token}" for text in texts]
    inputs = dict(tokenizer(texts, padding=True, padding_side=MUSEUM[name].padding_side, return_tensors="pt"))
    real = inputs["attention_mask"]
    inputs["position_ids"] = (real.cumsum(-1) - 1).clamp(min=0)
    if name in ("no_positions", "pads_not_masked"):
        del inputs["position_ids"]
    if name == "pads_not_masked":
        del inputs["attention_mask"]
    if name == "mask_per_query":
        n = real.shape[1]
        inputs["attention_mask"] = torch.ones(n, n).tril().long() * real[:, None, :]
    if name == "end_is_padding":
        shown = (inputs["input_ids"] != tokenizer.pad_token_id).long()
        inputs |= {"attention_mask": shown, "position_ids": (shown.cumsum(-1) - 1).clamp(min=0)}
    return inputs, real


def alone(theirs: plain.Plain, text: str, *, causal: bool) -> np.ndarray:
    """Give the logits of a text's answer, by a call with this text only."""
    inputs = dict(theirs.tokenizer([text], return_tensors="pt"))
    at = -1 if causal else inputs["input_ids"][0].tolist().index(theirs.tokenizer.mask_token_id)
    with torch.no_grad():
        return theirs.model(**inputs).logits[0, at].numpy()


@pytest.mark.parametrize("exhibit", MUSEUM.values(), ids=list(MUSEUM))
def test_a_mistake_is_red_by_as_much_as_with_plain_transformers_and_green_repaired(exhibit):
    causal = exhibit.checkpoint == "headlight-gpt2"
    loaded, theirs = (
        load_model(exhibit.checkpoint),
        plain.load(MODELS_FOLDER / exhibit.checkpoint, causal=causal),
    )
    texts = exhibit.text.splitlines()
    made = check(loaded, texts, padding_side=exhibit.padding_side, mistakes=exhibit.mistakes)
    inputs, real = plainly(exhibit.name, theirs, texts)
    with torch.no_grad():
        logits = theirs.model(**inputs).logits.numpy()  # with a cache, as it comes
    for row, text in enumerate(texts):
        there = np.flatnonzero(real[row].numpy())
        masked = np.flatnonzero(inputs["input_ids"][row].numpy() == theirs.tokenizer.mask_token_id)
        at = there[-1] if causal else masked[0]
        difference = np.abs(logits[row, at] - alone(theirs, text, causal=causal)).max()
        assert made.prompts[row].max_difference == pytest.approx(difference, abs=1e-4)
    assert not made.same and made.largest_difference > 0.5
    assert check(loaded, texts, padding_side=exhibit.padding_side, mistakes=REPAIRED).same


def test_a_loop_that_gives_no_mask_continues_as_generate_does_without_one():
    exhibit = MUSEUM["pads_not_masked"]
    theirs, texts = plain.load(MODELS_FOLDER / exhibit.checkpoint, causal=True), exhibit.text.splitlines()
    both = continuations(load_model(exhibit.checkpoint), texts, "left", exhibit.mistakes, max_new_tokens=8)
    ids = theirs.tokenizer(texts, padding=True, padding_side="left", return_tensors="pt")["input_ids"]
    ones = torch.ones_like(ids)  # what generate takes for a mask where it is given none and padding is the end token
    written = theirs.model.generate(ids, attention_mask=ones, max_new_tokens=8, do_sample=False, pad_token_id=0)
    for row in range(len(texts)):
        new = theirs.tokenizer.decode(written[row, ids.shape[1] :], skip_special_tokens=True)
        assert both.in_batch[row] == new
    assert both.alone[0] != both.in_batch[0] and both.alone[1] == both.in_batch[1]


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_mask_for_each_query_goes_on_hiding_what_a_gpt2_writes(side):
    exhibit = MUSEUM["mask_per_query"]
    theirs, texts = plain.load(MODELS_FOLDER / exhibit.checkpoint, causal=True), exhibit.text.splitlines()
    loaded = load_model(exhibit.checkpoint)
    inputs = plain.tokenized(theirs, texts, side)
    ids, real, positions = inputs["input_ids"], inputs["attention_mask"], inputs["position_ids"]
    cache, chosen, written = None, ids, []
    for _step in range(3):
        n = real.shape[1]
        mask = torch.ones(n, n).tril().long() * real[:, None, :]
        with torch.no_grad():
            out = theirs.model(
                input_ids=chosen, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True
            )
        cache, chosen = out.past_key_values, out.logits[:, -1].argmax(-1)[:, None]
        written.append(chosen[:, 0].tolist())
        real, positions = torch.cat([real, torch.ones_like(chosen)], 1), positions[:, -1:] + 1
    both = continuations(loaded, texts, side, exhibit.mistakes, max_new_tokens=3)
    for row, new in enumerate(np.array(written).T.tolist()):
        assert both.in_batch[row] == theirs.tokenizer.decode(new, skip_special_tokens=True)


def test_a_mask_for_each_query_stops_other_models():
    with pytest.raises(MaskPerQueryRefused, match="headlight-bert stops with an error"):
        check(load_model("headlight-bert"), ["a [MASK].", "the [MASK] sat."], mistakes=Mistakes(mask_per_query=True))
    theirs = plain.load(MODELS_FOLDER / "headlight-bert", causal=False)
    inputs = dict(theirs.tokenizer(["the cat", "the old dog"], padding=True, return_tensors="pt"))
    real = inputs["attention_mask"]
    with pytest.raises(RuntimeError):
        theirs.model(**(inputs | {"attention_mask": real[:, None].expand(-1, real.shape[1], -1)}))


def test_a_text_without_a_word_to_guess_is_compared_at_all_its_tokens_behind_doubled_ends():
    theirs, loaded = plain.load(MODELS_FOLDER / "headlight-bert", causal=False), load_model("headlight-bert")
    texts = ["The cat sat.", "The old dog ran under the tree."]
    made = check(loaded, texts, padding_side="right", mistakes=Mistakes(double_special=True))
    for row, text in enumerate(texts):
        with torch.no_grad():
            twice = theirs.model(**theirs.tokenizer([f"[CLS] {text} [SEP]"], return_tensors="pt")).logits[0]
            once = theirs.model(**theirs.tokenizer([text], return_tensors="pt")).logits[0]
        assert made.prompts[row].n_compared == len(once)
        assert made.prompts[row].max_difference == pytest.approx((twice[1:-1] - once).abs().max().item(), abs=1e-4)
