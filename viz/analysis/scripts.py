"""Tell which languages a model can read, by the letters that the words of its vocabulary are written in."""

import re

from viz.records import ModelInfo

# Languages of which there are examples, with their letters; English needs no proof, the shipped models read it.
LETTERS = {"zh": re.compile("[\u4e00-\u9fff]"), "ru": re.compile("[\u0400-\u04ff]")}
# The share of a vocabulary that is written in them. That of bert-base-uncased has single letters of everybody, one or
# two in a hundred, and spells words with them that it never learned; a multilingual one has ten.
LEAST = 0.03


def languages_read(model: ModelInfo) -> tuple[str, ...]:
    """List the languages, besides English, of which the vocabulary of a model holds a part worth speaking of."""
    words = model.vocabulary
    return tuple(
        code
        for code, letters in LETTERS.items()
        if words and sum(map(bool, map(letters.search, words))) >= LEAST * len(words)
    )
