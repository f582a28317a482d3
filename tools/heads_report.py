"""Find heads with a describable pattern and measure them on held-out text.

The head of a pattern is chosen on one set of sentences and measured on
another.  ``weight`` is the mean attention the row gives to the wanted word
(summed over its pieces), ``uniform`` what an indifferent head would give, and
``hits`` the share of rows whose largest weight lies on the wanted word.
Nobody's weights are left out: [CLS], [SEP] and punctuation compete as well.
"""

from typing import NamedTuple

import grammar
import numpy as np
import torch

CHOOSING, MEASURED = 150, 50
INDUCTION_BLOCK = 20


class Pair(NamedTuple):
    """Token ids of one input, a row (query position) and the columns (key positions) it should look at."""

    ids: list
    row: int
    columns: list


class Pattern(NamedTuple):
    """The best head of a pattern: 0-based layer and head, mean weight, uniform value, hits (0 to 1), pairs."""

    name: str
    layer: int
    head: int
    weight: float
    uniform: float
    hits: float
    count: int

    @property
    def label(self):
        """Return the 1-based name of the head."""
        return f"Layer{self.layer + 1}_Head{self.head + 1}"


@torch.no_grad()
def attention(model, ids):
    """Return the attention of all heads to one input, shape (layers, heads, tokens, tokens)."""
    output = model(input_ids=torch.tensor([ids]), output_attentions=True)
    return torch.stack(output.attentions)[:, 0].float().numpy()


def measure(model, pairs):
    """Return (weights, hits) of shape (pairs, layers, heads) and the uniform value of each pair."""
    weights, hits, uniform = [], [], []
    seen, maps = None, None
    for ids, row, columns in pairs:
        if ids is not seen:
            seen, maps = ids, attention(model, ids)
        looks = maps[:, :, row]
        weights.append(looks[:, :, columns].sum(-1))
        hits.append(np.isin(looks.argmax(-1), columns))
        visible = row + 1 if model.config.model_type == "gpt2" else len(ids)
        uniform.append(len(columns) / visible)
    return np.array(weights), np.array(hits), np.array(uniform)


def best_head(model, name, choosing, measured):
    """Choose the head with the largest mean weight on one list of Pairs and measure it on another."""
    chosen = measure(model, choosing)[0].mean(0)
    layer, head = np.unravel_index(chosen.argmax(), chosen.shape)
    return head_figures(model, name, measured, int(layer), int(head))


def head_figures(model, name, pairs, layer, head):
    """Measure one head on a list of Pairs."""
    weights, hits, uniform = measure(model, pairs)
    return Pattern(
        name,
        layer,
        head,
        float(weights[:, layer, head].mean()),
        float(uniform.mean()),
        float(hits[:, layer, head].mean()),
        len(pairs),
    )


def word_pieces(tokenizer, sentence):
    """Return (ids, pieces of each word) of a Generated sentence."""
    encoded = tokenizer(sentence.text, return_offsets_mapping=True)
    text, cursor, pieces = sentence.text.lower(), 0, []
    for word in sentence.words:
        begin = text.index(word.lower(), cursor)
        cursor = begin + len(word)
        # Special tokens have the empty span (0, 0) and overlap nothing.
        pieces.append([i for i, (a, b) in enumerate(encoded.offset_mapping) if a < cursor and b > begin])
    return encoded.input_ids, pieces


def link_pairs(tokenizer, sentences, kinds, causal=False, backwards=False):
    """Return one Pair for each link of the given kinds; ``backwards`` looks from the head to the dependent.

    A causal model can only look back, so pairs that would look ahead are left out.
    """
    pairs = []
    for sentence in sentences:
        ids, pieces = word_pieces(tokenizer, sentence)
        for kind, dependent, head in sentence.links:
            if kind not in kinds:
                continue
            source, target = (head, dependent) if backwards else (dependent, head)
            if not causal or target < source:
                pairs.append(Pair(ids, pieces[source][-1], pieces[target]))
    return pairs


def offset_pairs(tokenizer, texts, offset):
    """Return a Pair for every token that has a neighbour ``offset`` places away; special tokens are no rows."""
    special = set(tokenizer.all_special_ids)
    pairs = []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=64).input_ids
        places = range(len(ids))
        rows = [i for i in places if ids[i] not in special and i + offset in places and ids[i + offset] not in special]
        pairs += [Pair(ids, i, [i + offset]) for i in rows]
    return pairs


def induction_pairs(tokenizer, count, seed, shift):
    """Return Pairs in the second copy of a block of random tokens.

    ``shift`` 1 looks at the token after the earlier copy (induction), 0 at
    the earlier copy itself.
    """
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        block = rng.choice(np.arange(1, len(tokenizer)), INDUCTION_BLOCK, replace=False)
        ids = [int(i) for i in np.concatenate([block, block])]
        rows = range(INDUCTION_BLOCK, 2 * INDUCTION_BLOCK - 1)
        pairs += [Pair(ids, i, [i - INDUCTION_BLOCK + shift]) for i in rows]
    return pairs


def held_out_sentences(count, weights, seed):
    """Return generated sentences of the held-out part."""
    return list(grammar.generate(count, weights, seed, held_out=True))


LINK_PATTERNS = (
    ("adverb -> verb", {"adverb": 3, "relative": 1}, {"adverb-verb"}, False),
    ("verb -> adverb", {"adverb": 3, "relative": 1}, {"adverb-verb"}, True),
    ("determiner -> noun", {"determiner": 1}, {"determiner-noun"}, False),
    ("noun -> determiner", {"determiner": 1}, {"determiner-noun"}, True),
    (
        "pronoun -> its noun or name",
        {"pronoun": 3, "forward pronoun": 1},
        {"reflexive-subject", "possessive-subject", "pronoun-name"},
        False,
    ),
    ("is, are, was, were -> subject", {"agreement": 1}, {"be-subject", "past-be-subject"}, False),
)


def link_patterns(model, tokenizer):
    """Return the best head of every dependency of the grammar."""
    causal = model.config.model_type == "gpt2"
    patterns = []
    for name, weights, kinds, backwards in LINK_PATTERNS:
        parts = [
            link_pairs(tokenizer, held_out_sentences(count, weights, f"{seed} {name}"), kinds, causal, backwards)
            for count, seed in ((CHOOSING, "choosing"), (MEASURED, "measured"))
        ]
        if min(map(len, parts)) >= 10:
            patterns.append(best_head(model, name, *parts))
    return patterns


def positional_patterns(model, tokenizer, texts):
    """Return the best previous-token head and, when the model can look ahead, the best next-token head."""
    choosing, measured = texts[MEASURED:], texts[:MEASURED]
    offsets = [("previous token", -1)]
    if model.config.model_type != "gpt2":
        offsets.append(("next token", 1))
    return [
        best_head(model, name, offset_pairs(tokenizer, choosing, offset), offset_pairs(tokenizer, measured, offset))
        for name, offset in offsets
    ]


def induction_patterns(model, tokenizer):
    """Return the best heads for what followed the earlier copy of a token, and for the earlier copy itself."""
    return [
        best_head(
            model,
            name,
            induction_pairs(tokenizer, CHOOSING // 3, 1, shift),
            induction_pairs(tokenizer, MEASURED, 2, shift),
        )
        for name, shift in (("token after the earlier copy (induction)", 1), ("earlier copy of the token", 0))
    ]


def swap_test(model, tokenizer, layer, head):
    """Measure one head when the adverb stands before the verb, right after it and after the phrase.

    Returns (dict from order to Pattern, share of sentences whose verb is hit in all orders).
    """
    versions = grammar.swapped_sentences(MEASURED, "swap test")
    results, all_hit = {}, np.ones(MEASURED, bool)
    for order in versions[0]:
        pairs = link_pairs(tokenizer, [version[order] for version in versions], {"adverb-verb"})
        results[order] = head_figures(model, order, pairs, layer, head)
        all_hit &= measure(model, pairs)[1][:, layer, head]
    return results, float(all_hit.mean())


@torch.no_grad()
def link_accuracy(model, tokenizer, weights, count=200):
    """Return how often (0 to 1) the likeliest word at a masked dependent fits, over held-out sentences."""
    hits = []
    for sentence in held_out_sentences(count, weights, "accuracy"):
        ids, pieces = word_pieces(tokenizer, sentence)
        for kind, dependent, _ in sentence.links:
            hidden = list(ids)
            hidden[pieces[dependent][0]] = tokenizer.mask_token_id
            likeliest = model(input_ids=torch.tensor([hidden])).logits[0, pieces[dependent][0]].argmax().item()
            word = tokenizer.convert_ids_to_tokens(likeliest)
            hits.append(word in grammar.fitting_words(kind, sentence.words[dependent].lower()))
    return sum(hits) / len(hits)


def real_adverb_pairs(tokenizer, texts):
    """Return Pairs for held-out real sentences with exactly one known adverb and one known verb."""
    verbs = {form for group in grammar.lexicon.VERB_GROUPS for verb in group.verbs for form in verb}
    adverbs = {adverb for adverb in grammar.lexicon.ADVERBS if adverb.endswith("ly")}
    pairs = []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=64).input_ids
        words = [token.lstrip("Ġ").lower() for token in tokenizer.convert_ids_to_tokens(ids)]
        found = [[i for i, word in enumerate(words) if word in wanted] for wanted in (adverbs, verbs)]
        if all(len(places) == 1 for places in found):
            pairs.append(Pair(ids, found[0][0], found[1]))
    return pairs
