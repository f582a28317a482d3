"""Encode sentences once and keep them in flat arrays."""

from typing import NamedTuple

import numpy as np


class Encoded(NamedTuple):
    """Token ids of many sentences, shape (tokens,); sentence i is ids[offsets[i]:offsets[i + 1]].

    ``places`` says how each sentence continues the one before it (see corpus).
    """

    ids: np.ndarray
    offsets: np.ndarray
    places: np.ndarray

    def __len__(self):
        return len(self.places)

    def sentence(self, number):
        """Return the token ids of one sentence."""
        return self.ids[self.offsets[number] : self.offsets[number + 1]]

    def length(self, number):
        """Return the number of tokens of one sentence."""
        return int(self.offsets[number + 1] - self.offsets[number])


def encode(tokenizer, sentences, prefix=""):
    """Encode a list of corpus Sentences, each with ``prefix`` before it and no special tokens."""
    texts = [prefix + sentence.text for sentence in sentences]
    pieces = [e.ids for e in tokenizer.backend_tokenizer.encode_batch(texts, add_special_tokens=False)]
    lengths = np.array([len(piece) for piece in pieces], dtype=np.int64)
    ids = np.concatenate([np.array(piece, dtype=np.int32) for piece in pieces]) if pieces else np.zeros(0, np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Encoded(ids, offsets, np.array([sentence.place for sentence in sentences], dtype=np.int8))
