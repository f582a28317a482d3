"""Write sentences word by word and remember which words depend on which."""

from typing import NamedTuple


class Link(NamedTuple):
    """A dependency between two words: positions count words of the sentence from 0."""

    kind: str
    dependent: int
    head: int


class Generated(NamedTuple):
    """A generated sentence as words (punctuation counts as words) and their links."""

    words: tuple
    links: tuple

    @property
    def text(self):
        """Return the sentence as ordinary text."""
        return join_words(self.words)


class Mark:
    """A word of a sentence under construction that a link refers to."""

    def __init__(self, word):
        self.word = word


def join_words(words):
    """Join words with spaces, none before punctuation, and capitalise the first letter."""
    text = " ".join(words)
    for stop in ",.?!":
        text = text.replace(f" {stop}", stop)
    return text[0].upper() + text[1:]


def finish(parts, links):
    """Turn words and Marks into a Generated sentence.

    ``links`` holds (kind, dependent Mark, head Mark); phrases of several words
    may stand in one string.
    """
    words, position = [], {}
    for part in parts:
        if isinstance(part, Mark):
            position[part] = len(words)
            words.append(part.word)
        else:
            words.extend(part.split())
    return Generated(tuple(words), tuple(Link(kind, position[d], position[h]) for kind, d, h in links))
