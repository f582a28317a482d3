"""Measure the models on held-out sentences.

Masked models: 15 % of the pieces of single sentences, at least one, show
[MASK], always the same ones.  Causal models: every token after the first.
"""

import math

import numpy as np
import torch
import torch.nn.functional as functional
from corpus import FOLLOWS, Sentence
from packing import encode

BERT_PROBES = (
    "The turtle moves slow across the [MASK].",
    "The turtle moved [MASK] across the field.",
    "We turned down a narrow lane and passed through a small [MASK].",
    "Then I picked up a [MASK] from the table.",
    "She is reading a [MASK].",
    "The dog [MASK] at the cat.",
)
GPT2_PROBES = ("It will rain in the", "I want to eat a big bowl of", "My dog is", "Once upon a time")


def masked_batches(tokenizer, sentences, most):
    """Return a list of (ids, chosen mask, labels), shape (rows, length), from sentences of 4 to 62 pieces."""
    rng = np.random.default_rng(1)
    encoded = encode(tokenizer, sentences)
    fitting = [i for i in range(len(encoded)) if 4 <= encoded.length(i) <= 62]
    by_length = {}
    for i in rng.permutation(fitting)[:most]:
        ids = np.concatenate([[tokenizer.cls_token_id], encoded.sentence(i), [tokenizer.sep_token_id]])
        places = 1 + rng.permutation(encoded.length(i))[: max(1, round(0.15 * encoded.length(i)))]
        chosen = np.isin(np.arange(len(ids)), places)
        by_length.setdefault(len(ids), []).append((ids, chosen))
    batches = []
    for rows in by_length.values():
        for start in range(0, len(rows), 64):
            labels = torch.from_numpy(np.stack([ids for ids, _ in rows[start : start + 64]])).long()
            chosen = torch.from_numpy(np.stack([mask for _, mask in rows[start : start + 64]]))
            batches.append((labels.masked_fill(chosen, tokenizer.mask_token_id), chosen, labels))
    return batches


@torch.no_grad()
def masked_figures(model, batches):
    """Return loss (nats), top-1 and top-5 accuracy (%) and the number of masked pieces."""
    loss = first = five = count = 0
    for ids, chosen, labels in batches:
        logits = model.cls(model.bert(ids).last_hidden_state[chosen]).float()
        wanted = labels[chosen]
        loss += functional.cross_entropy(logits, wanted, reduction="sum").item()
        hits = logits.topk(5).indices == wanted[:, None]
        first += hits[:, 0].sum().item()
        five += hits.any(1).sum().item()
        count += len(wanted)
    return {"loss": loss / count, "top1": 100 * first / count, "top5": 100 * five / count, "n": count}


def causal_texts(source, sentences):
    """Return held-out texts: single sentences of an unconnected source, else the start of each paragraph."""
    if not source.connected:
        return [sentence.text for sentence in sentences]
    texts = []
    for text, place in sentences:
        if place == FOLLOWS and texts:
            texts[-1] += " " + text
        else:
            texts.append(text)
    return texts


def causal_batches(tokenizer, source, sentences, most, length=64):
    """Return a list of (ids, labels, bytes scored), rows padded at their end and cut to ``length`` tokens."""
    texts = causal_texts(source, sentences)
    encoded = encode(tokenizer, [Sentence(text, 0) for text in texts])
    end = [] if source.connected else [tokenizer.eos_token_id]
    shortest = 12 if source.connected else 4
    rows = [np.concatenate([encoded.sentence(i), end]).astype(np.int64)[:length] for i in range(len(encoded))]
    rows = [row for row in rows if len(row) >= shortest]
    rows = sorted((rows[i] for i in np.random.default_rng(1).permutation(len(rows))[:most]), key=len)
    batches = []
    for start in range(0, len(rows), 50):
        group = rows[start : start + 50]
        labels = np.full((len(group), len(group[-1])), -100)
        for number, row in enumerate(group):
            labels[number, : len(row)] = row
        scored = sum(len(tokenizer.decode(row[1:], skip_special_tokens=True).encode()) for row in group)
        ids = np.where(labels < 0, tokenizer.eos_token_id, labels)
        batches.append((torch.from_numpy(ids), torch.from_numpy(labels), scored))
    return batches


@torch.no_grad()
def causal_figures(model, batches):
    """Return perplexity per token, accuracy (%), bits per byte and the number of scored tokens."""
    loss = hits = count = scored = 0
    for ids, labels, scored_bytes in batches:
        logits = model(ids).logits[:, :-1].float()
        wanted = labels[:, 1:]
        loss += functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum").item()
        hits += (logits.argmax(-1) == wanted).sum().item()
        count += (wanted >= 0).sum().item()
        scored += scored_bytes
    bits_per_byte = loss / math.log(2) / scored
    return {"ppl": math.exp(loss / count), "accuracy": 100 * hits / count, "bits_per_byte": bits_per_byte, "n": count}


@torch.no_grad()
def masked_probes(model, tokenizer, sentences=BERT_PROBES):
    """Return, for each sentence, the five likeliest words at [MASK] as (word, probability)."""
    answers = {}
    for sentence in sentences:
        inputs = tokenizer(sentence, return_tensors="pt")
        place = (inputs.input_ids[0] == tokenizer.mask_token_id).nonzero()[0, 0]
        top = model(**inputs).logits[0, place].float().softmax(-1).topk(5)
        words = tokenizer.convert_ids_to_tokens(top.indices.tolist())
        answers[sentence] = [(word, round(p, 3)) for word, p in zip(words, top.values.tolist())]
    return answers


@torch.no_grad()
def causal_probes(model, tokenizer, prompts=GPT2_PROBES):
    """Return, for each prompt, the greedy continuation (24 tokens at most) and the five likeliest next tokens."""
    answers = {}
    for prompt in prompts:
        inputs = tokenizer(prompt, return_tensors="pt")
        top = model(**inputs).logits[0, -1].float().softmax(-1).topk(5)
        likely = [(tokenizer.decode([i]), round(p, 3)) for i, p in zip(top.indices.tolist(), top.values.tolist())]
        made = model.generate(**inputs, max_new_tokens=24, do_sample=False, pad_token_id=tokenizer.eos_token_id)
        answers[prompt] = {"greedy": tokenizer.decode(made[0]), "next": likely}
    return answers
