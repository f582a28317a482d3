"""Make texts of random words that stand there twice, from the words of a model's own vocabulary: Model → texts."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from viz.engine.batching import most_tokens
from viz.engine.models import LoadedModel
from viz.errors import TooFewWholeWords


def make(loaded: LoadedModel, seed: int, n_texts: int, n_words: int) -> tuple[str, ...]:
    """Draw words that are one token each, no word twice in a text, and write them down twice.

    The tokenizer gives the same ids for both halves: in a byte-level model a text begins with a blank, or its first
    word would be another token than the same word further on. The same seed gives the same texts.
    Raises ``TooFewWholeWords`` where the model has not so many words, or does not read so many tokens.
    """
    chance = np.random.default_rng(seed)
    return tuple(_text(loaded, chance, n_words) for _n in range(n_texts))


def _text(loaded: LoadedModel, chance: np.random.Generator, n_words: int) -> str:
    drawn = list(islice(_words(loaded, chance), n_words))
    text = " " * loaded.byte_level + " ".join(drawn * 2)
    ids, n_tokens = _ids(loaded, text), len(loaded.tokenize(text, verbose=False)["input_ids"])
    if len(ids) != 2 * n_words or ids[:n_words] != ids[n_words:] or n_tokens > most_tokens(loaded):
        raise TooFewWholeWords(checkpoint=loaded.info.checkpoint, n_words=n_words)
    return text


def _words(loaded: LoadedModel, chance: np.random.Generator) -> Iterator[str]:
    """Draw words in a chance order: of letters only, in small letters, and one token as they stand inside a text."""
    n_ids = min(len(loaded.tokenizer), loaded.n_ids)
    special = set(loaded.tokenizer.all_special_ids)
    for token_id in chance.permutation(n_ids).tolist():
        word = loaded.tokenizer.decode([token_id]).strip()
        is_word = word.isalpha() and word == word.lower() and token_id not in special
        if is_word and _ids(loaded, f" {word}") == [token_id]:
            yield word


def _ids(loaded: LoadedModel, text: str) -> list[int]:
    return loaded.tokenize(text, add_special_tokens=False, verbose=False)["input_ids"]
