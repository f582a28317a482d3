"""Build the training rows of GPT-2: every row is full, so nothing is padded."""

import grammar
import numpy as np
from corpus import DOCUMENT, FOLLOWS, Sentence
from packing import encode

# (row length, share of the tokens, rows of a micro-batch)
ROW_SHAPES = ((64, 0.6, 16), (128, 0.4, 8))
COPY_SHARE = 0.08
COPY_BLOCK = (3, 25)
FIRST_WORD = 257
IGNORED = -100
GENERATED_WEIGHTS = {
    "adverb": 24,
    "relative": 8,
    "determiner": 8,
    "pronoun": 12,
    "forward pronoun": 6,
    "agreement": 8,
    "copying": 34,
}


class CausalRows:
    """Make the micro-batches of an epoch as pairs (ids, labels) of shape (rows, length)."""

    def __init__(self, tokenizer, encoded, encoded_inside, generated_share, seed):
        """Take two dicts from Source to Encoded: sentences as a row begins, and with a space before them."""
        self.tokenizer = tokenizer
        self.encoded = encoded
        self.inside = encoded_inside
        self.share = generated_share
        self.seed = seed
        self.end = tokenizer.eos_token_id
        self.newline = tokenizer("\n").input_ids

    def epoch(self, number):
        """Return the (ids, labels) pairs of one epoch; the same number always gives the same ones."""
        rng = np.random.default_rng([self.seed, number])
        stream = self._stream(number, rng)
        tokens = sum(len(piece) for piece, _ in stream)
        batches = []
        bounds = np.cumsum([0] + [share for _, share, _ in ROW_SHAPES])
        # Each row length takes its share of the stream; the cut falls on another place in every epoch.
        turn = rng.integers(len(stream))
        stream = stream[turn:] + stream[:turn]
        for (length, share, rows), low, high in zip(ROW_SHAPES, bounds[:-1], bounds[1:]):
            part = stream[round(low * len(stream)) : round(high * len(stream))]
            packed = pack(part, length)
            packed = np.stack([packed, packed])
            copies = self._copies(length, round(COPY_SHARE * share * tokens / length), rng)
            both = np.concatenate([packed, copies], axis=1)
            both = both[:, rng.permutation(both.shape[1])]
            batches += [both[:, i : i + rows] for i in range(0, both.shape[1] - rows + 1, rows)]
        return [(batches[i][0], batches[i][1]) for i in rng.permutation(len(batches))]

    def _stream(self, number, rng):
        """Return a list of (token ids, may start a row) in reading order."""
        connected, loose = [], []
        for source in self.encoded:
            for _ in range(source.repeats):
                pieces = self._pieces(source)
                (connected if source.connected else loose).append(pieces)
        total = sum(len(piece) for pieces in connected + loose for piece, _ in pieces)
        share = self.share - COPY_SHARE
        generated = self._generated(total * share / (1 - share), number)
        single = [piece for pieces in loose for piece in pieces] + generated
        single = [single[i] for i in rng.permutation(len(single))]
        return single + [piece for pieces in connected for piece in pieces]

    def _pieces(self, source):
        """Return the sentences of a source, each with the separator and the space it begins with."""
        first, inside, pieces = self.encoded[source], self.inside[source], []
        for number, place in enumerate(first.places):
            if place == FOLLOWS:
                pieces.append((inside.sentence(number), first.sentence(number)))
            else:
                before = [self.end] if place == DOCUMENT else self.newline
                pieces.append((np.concatenate([before, first.sentence(number)]), first.sentence(number)))
        return pieces

    def _generated(self, tokens, number):
        """Return generated sentences of about ``tokens`` tokens, each a document of its own."""
        pieces, made = [], 0
        source = grammar.generate(10**9, GENERATED_WEIGHTS, f"{self.seed} {number}")
        while made < tokens:
            encoded = encode(self.tokenizer, [Sentence(next(source).text, DOCUMENT) for _ in range(1_000)])
            for i in range(len(encoded)):
                sentence = encoded.sentence(i)
                pieces.append((np.concatenate([[self.end], sentence]), sentence))
            made += len(encoded.ids)
        return pieces

    def _copies(self, length, rows, rng):
        """Return (ids, labels), shape (2, rows, length): random blocks of tokens over and over.

        Only tokens that an earlier copy foretells have labels.
        """
        ids = np.zeros((2, rows, length), np.int64)
        for row in range(rows):
            # Ids follow frequency, so even steps of their logarithm favour tokens the model knows.
            low, high = np.log(FIRST_WORD), np.log(len(self.tokenizer))
            block = np.exp(rng.uniform(low, high, rng.integers(*COPY_BLOCK))).astype(np.int64)
            ids[:, row] = np.resize(block, length)
            # Where the second copy begins nothing foretells it, so its first token has no label either.
            ids[1, row, : len(block) + 1] = IGNORED
        return ids


def pack(pieces, length):
    """Cut a stream into rows of ``length`` tokens; each begins with a sentence.

    ``pieces`` holds pairs (ids inside a row, ids at the start of a row); what
    overflows a row is dropped.
    """
    rows, row, filled = [], [], 0
    for inside, first in pieces:
        piece = inside if row else first
        row.append(piece)
        filled += len(piece)
        if filled >= length:
            rows.append(np.concatenate(row)[:length])
            row, filled = [], 0
    return np.stack(rows).astype(np.int64)
