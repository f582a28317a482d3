"""Build the training rows of BERT and hide the tokens it has to guess."""

import re
from typing import NamedTuple

import grammar
import numpy as np
from corpus import FOLLOWS

MICRO_BATCH_TOKENS = 1_024
MAX_ROW = 64
MASKED_SHARE = 0.20
# Share of the dependent words of generated sentences that are hidden, and of other words there.
DEPENDENT_SHARE = 0.75
OTHER_SHARE = 0.06
# Adverbs on -ly in real text are hidden more often than chance, too.
REAL_ADVERB_SHARE = 0.40
GENERATED_WEIGHTS = {
    "adverb": 34,
    "relative": 12,
    "determiner": 22,
    "pronoun": 18,
    "forward pronoun": 6,
    "agreement": 8,
}
NOT_ADVERBS = set(
    "only early family lovely lonely friendly ugly silly holy italy july fly reply likely jelly belly bully curly "
    "daily "
    "emily molly polly sally billy assembly lily italy rely apply supply imply multiply elderly deadly ghostly".split()
)


class Row(NamedTuple):
    """Token ids with [CLS] and [SEP], where the second segment starts, and generated dependents (or None)."""

    ids: np.ndarray
    second: int
    dependents: tuple


class Batch(NamedTuple):
    """Arrays of shape (rows, length): ids, token types and flags of generated dependents; and whether generated."""

    ids: np.ndarray
    types: np.ndarray
    dependents: np.ndarray
    generated: bool


class MaskedRows:
    """Make the micro-batches of an epoch; every row of a micro-batch has the same length, so none is padded."""

    def __init__(self, tokenizer, encoded, generated_share, seed):
        """Take ``encoded``, a dict from Source to Encoded, and the share of tokens to generate (0 to 1)."""
        self.tokenizer = tokenizer
        self.encoded = encoded
        self.share = generated_share
        self.seed = seed
        self.word_ids = {}
        self.exchange, self.class_of = exchange_classes(tokenizer)

    def epoch(self, number):
        """Return the Batches of one epoch in their order; the same number always gives the same batches."""
        rng = np.random.default_rng([self.seed, number])
        real = [row for source, sentences in self.encoded.items() for row in self._real(source, sentences, rng)]
        tokens = sum(len(row.ids) for row in real)
        generated = self._generated(tokens * self.share / (1 - self.share), number)
        batches = bucket(real, False, rng) + bucket(generated, True, rng)
        return [batches[i] for i in rng.permutation(len(batches))]

    def _real(self, source, sentences, rng):
        """Yield rows: 45 % single sentences, 30 % joined neighbours, 25 % sentence pairs (when connected)."""
        for _ in range(source.repeats):
            number = 0
            while number < len(sentences):
                draw = rng.random() if source.connected else 0.0
                taken = 1 if draw < 0.45 else self._neighbours(sentences, number, 4 if draw < 0.75 else 2)
                parts = [sentences.sentence(number + k) for k in range(taken)]
                number += taken
                if sum(map(len, parts)) < 2:
                    continue
                if draw < 0.75 or taken == 1:
                    yield self._row(np.concatenate(parts)[: MAX_ROW - 2])
                else:
                    yield self._row(parts[0], parts[1])

    def _neighbours(self, sentences, number, most):
        """Count how many sentences of the same paragraph fit into one row, ``most`` at most."""
        taken, length = 1, sentences.length(number)
        while taken < most and number + taken < len(sentences) and sentences.places[number + taken] == FOLLOWS:
            length += sentences.length(number + taken)
            if length > MAX_ROW - 3:
                break
            taken += 1
        return taken

    def _row(self, first, second=None, dependents=None):
        begin, end = [self.tokenizer.cls_token_id], [self.tokenizer.sep_token_id]
        if second is None:
            ids = np.concatenate([begin, first, end])
            return Row(ids, len(ids), dependents)
        return Row(np.concatenate([begin, first, end, second, end]), len(first) + 2, dependents)

    def _generated(self, tokens, number):
        """Return generated rows of about ``tokens`` tokens."""
        rows, made = [], 0
        for sentence in grammar.generate(10**9, GENERATED_WEIGHTS, f"{self.seed} {number}"):
            if made >= tokens:
                return rows
            ids, starts = self.encode_words(sentence.words)
            dependents = tuple(1 + starts[link.dependent] for link in sentence.links)
            rows.append(self._row(ids, dependents=dependents))
            made += len(ids) + 2
        return rows

    def encode_words(self, words):
        """Return the ids of a list of words and the position of each word's first piece."""
        ids, starts = [], []
        for word in words:
            if word not in self.word_ids:
                self.word_ids[word] = self.tokenizer(word, add_special_tokens=False).input_ids
            starts.append(len(ids))
            ids.extend(self.word_ids[word])
        return np.array(ids), starts

    def hide(self, batch, step):
        """Return (input ids, labels) of shape (rows, length); labels are -100 where nothing is to be guessed.

        Real words: 80 % [MASK], 10 % a random piece, 10 % kept, as in BERT.
        Words that depend on another one: 50 % [MASK], 30 % another word of
        the same class, 20 % kept, so that the row of a visible word has to
        look for the word that decides it.
        """
        rng = np.random.default_rng([self.seed, 1, step])
        chosen, exchangeable = self._choose(batch, rng)
        labels = np.where(chosen, batch.ids, -100)
        draw = rng.random(batch.ids.shape)
        ids = batch.ids.copy()
        ids[chosen & (draw < np.where(exchangeable, 0.5, 0.8))] = self.tokenizer.mask_token_id
        noise = chosen & ~exchangeable & (draw >= 0.9)
        ids[noise] = rng.integers(5, len(self.tokenizer), noise.sum())
        swap = chosen & exchangeable & (draw >= 0.5) & (draw < 0.8)
        ids[swap] = [rng.choice(self.exchange[self.class_of[i]]) for i in batch.ids[swap]]
        return ids, labels

    def _choose(self, batch, rng):
        """Return two masks: which tokens are to be guessed, and which are exchanged inside their class."""
        ordinary = batch.ids >= 5
        known = self.class_of[batch.ids] >= 0
        draw = rng.random(batch.ids.shape)
        if batch.generated:
            chosen = ordinary & (draw < np.where(batch.dependents, DEPENDENT_SHARE, OTHER_SHARE))
            exchangeable = batch.dependents & known
        else:
            adverb = self.class_of[batch.ids] == 0
            chosen = ordinary & (draw < np.where(adverb, REAL_ADVERB_SHARE, MASKED_SHARE))
            exchangeable = adverb
        # Every row has at least one token to guess.
        empty = np.flatnonzero(~chosen.any(axis=1))
        chosen[empty, np.where(ordinary, draw, 2.0).argmin(axis=1)[empty]] = True
        return chosen, exchangeable


def exchange_classes(tokenizer):
    """Return (list of id arrays, class of each id or -1); class 0 holds the adverbs of real text as well."""
    vocabulary = tokenizer.get_vocab()
    real = [word for word in vocabulary if re.fullmatch("[a-z]{3,}ly", word) and word not in NOT_ADVERBS]
    classes = [sorted(set(real) | set(grammar.CLASSES["adverb-verb"]))]
    classes += [list(words) for kind, words in grammar.CLASSES.items() if kind != "adverb-verb"]
    class_of = np.full(len(tokenizer), -1)
    exchange = []
    for number, words in enumerate(classes):
        ids = np.array([vocabulary[word] for word in words if word in vocabulary])
        # A word of two classes (her, this) keeps the first; both hold words it can be told from.
        class_of[[i for i in ids if class_of[i] < 0]] = number
        exchange.append(ids)
    # Generated adverbs are exchanged for generated ones: only those compete for a verb.
    exchange[0] = np.array([vocabulary[word] for word in grammar.CLASSES["adverb-verb"] if word in vocabulary])
    return exchange, class_of


def bucket(rows, generated, rng):
    """Group rows of one length into Batches of about MICRO_BATCH_TOKENS tokens."""
    by_length = {}
    for row in rows:
        by_length.setdefault(len(row.ids), []).append(row)
    batches = []
    for length, group in by_length.items():
        mixed = [group[i] for i in rng.permutation(len(group))]
        size = max(1, MICRO_BATCH_TOKENS // length)
        batches += [stack(mixed[i : i + size], generated) for i in range(0, len(mixed), size)]
    return batches


def stack(rows, generated):
    """Stack rows of equal length into a Batch."""
    ids = np.stack([row.ids for row in rows])
    types = (np.arange(ids.shape[1])[None] >= np.array([row.second for row in rows])[:, None]).astype(np.int64)
    dependents = np.zeros(ids.shape, bool)
    for number, row in enumerate(rows):
        if row.dependents:
            dependents[number, list(row.dependents)] = True
    return Batch(ids.astype(np.int64), types, dependents, generated)
