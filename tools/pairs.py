"""Read sentence pairs and build the micro-batches that a translator is trained on.

A file holds one pair a line, the sentence, a tab, its translation. A pair is held out by the MD5 of its source
sentence, so all translations of one sentence fall on the same side.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from corpus import is_held_out, sentence_key

HELD_OUT_MODULUS = 50
MICRO_BATCH_TOKENS = 1_536  # of source and target together
MAX_SIDE = 48  # pieces of a side, its end counted
IGNORED = -100


class Pair(NamedTuple):
    """A sentence and one translation of it."""

    source: str
    target: str


class PairBatch(NamedTuple):
    """Arrays of shape (rows, length): source ids, all of one length; what the decoder reads; what it shall write."""

    source: np.ndarray
    read: np.ndarray
    written: np.ndarray  # IGNORED behind the end


def read_pairs(path):
    """Return (training Pairs, held-out Pairs); no training source equals a held-out one but for case and quotes."""
    train, held_out = [], []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        pair = Pair(*line.split("\t"))
        (held_out if is_held_out(pair.source, HELD_OUT_MODULUS) else train).append(pair)
    seen = {sentence_key(pair.source) for pair in held_out}
    return [pair for pair in train if sentence_key(pair.source) not in seen], held_out


def references(pairs, most_words):
    """Return a dict from each source sentence of so many words at most to all its translations."""
    found = {}
    for source, target in pairs:
        if len(source.split()) <= most_words:
            found.setdefault(source, []).append(target)
    return found


class PairRows:
    """Make the micro-batches of an epoch; the sources of one have one length, so the encoder sees no padding."""

    def __init__(self, tokenizer, pairs, seed):
        self.start, self.end, self.pad = tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
        self.seed = seed
        sources = encoded(tokenizer, [pair.source for pair in pairs])
        targets = encoded(tokenizer, [pair.target for pair in pairs])
        self.rows = [
            (source, target) for source, target in zip(sources, targets) if max(len(source), len(target)) <= MAX_SIDE
        ]

    def epoch(self, number):
        """Return the PairBatches of one epoch; the same number always gives the same ones."""
        rng = np.random.default_rng([self.seed, number])
        by_length = {}
        for i in rng.permutation(len(self.rows)):
            by_length.setdefault(len(self.rows[i][0]), []).append(self.rows[i])
        batches = []
        for rows in by_length.values():
            rows.sort(key=lambda row: len(row[1]))  # stable: rows of one target length stay shuffled
            batches += [self._stack(part) for part in _cut(rows)]
        return [batches[i] for i in rng.permutation(len(batches))]

    def _stack(self, rows):
        longest = max(len(target) for _source, target in rows)
        read = np.full((len(rows), longest), self.pad)
        written = np.full((len(rows), longest), IGNORED)
        for number, (_source, target) in enumerate(rows):
            written[number, : len(target)] = target
            read[number, : len(target)] = [self.start, *target[:-1]]
        return PairBatch(np.array([source for source, _target in rows]), read, written)


def encoded(tokenizer, texts):
    """Return the ids of each text with the end behind them."""
    return [encoding.ids for encoding in tokenizer.backend_tokenizer.encode_batch(texts)]


def _cut(rows):
    """Cut rows, sorted by target length, into parts of about MICRO_BATCH_TOKENS tokens."""
    part, tokens = [], 0
    for row in rows:
        part.append(row)
        tokens += len(row[0]) + len(row[1])
        if tokens >= MICRO_BATCH_TOKENS:
            yield part
            part, tokens = [], 0
    if part:
        yield part
