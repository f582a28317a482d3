"""Read the sentences that a claim is tested on, fill templates with word lists, and offer ready examples.

One sentence a line, the query as ``*so*`` and the key as ``_so_``; a backslash before ``*`` or ``_`` keeps the sign.
Empty lines and lines that begin with # are left out.
"""

import re
from dataclasses import dataclass

from viz.errors import N_, NoSentences, TooManySentences, WrongMarks
from viz.examples import example

MAX_SENTENCES = 200
EXAMPLE = "The turtle _moves_ *slow* across the road."

# A mark hugs its word: "2 * 3 * 4" and snake_case mark nothing.
_MARKS = re.compile(
    r"\\(?P<kept>[\\*_])|\*(?!\s)(?P<query>[^*\\]+?)(?<!\s)\*|(?<!\w)_(?!\s)(?P<key>[^_\\]+?)(?<!\s)_(?!\w)|(?P<other>.)"
)


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """Hold a sentence without its marks, and where query and key stand in it: [start, end) in characters."""

    text: str
    query: tuple[int, int]
    key: tuple[int, int]

    @property
    def query_word(self) -> str:
        """Give the query as it is written."""
        return self.text[slice(*self.query)]

    @property
    def key_word(self) -> str:
        """Give the key as it is written."""
        return self.text[slice(*self.key)]

    @property
    def key_first(self) -> bool:
        """Tell whether the key stands before the query."""
        return self.key < self.query


@dataclass(frozen=True, slots=True)
class ReadyClaim:
    """Hold a claim that is ready to be tested; ``title`` is a message id."""

    name: str
    title: str

    @property
    def text(self) -> str:
        """The marked sentences, one a line."""
        return example("claims", self.name)


def read_sentences(text: str) -> tuple[MarkedSentence, ...]:
    """Read marked sentences; the same one twice counts once, since it is no further evidence.

    Raises ``NoSentences``, ``TooManySentences``, or ``WrongMarks`` with the number of the line.
    """
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    kept = [(n, line.strip()) for n, line in enumerate(lines, start=1) if line.strip() and line.strip()[0] != "#"]
    if not kept:
        raise NoSentences(example=EXAMPLE)
    if len(kept) > MAX_SENTENCES:
        raise TooManySentences(n_sentences=len(kept), limit=MAX_SENTENCES)
    return tuple(dict.fromkeys(_sentence(line, number) for number, line in kept))


def marked(sentence: MarkedSentence) -> str:
    """Write a sentence with its marks, as ``read_sentences`` reads it."""
    signs = [(sentence.query, "*"), (sentence.key, "_")]
    (first, a), (second, b) = sorted(signs)
    text = sentence.text
    parts = (text[: first[0]], text[slice(*first)], text[first[1] : second[0]], text[slice(*second)], text[second[1] :])
    before, one, between, two, after = map(escaped, parts)
    return f"{before}{a}{one}{a}{between}{b}{two}{b}{after}"


def _sentence(line: str, number: int) -> MarkedSentence:
    text, spans = "", {"query": [], "key": []}
    for part in _MARKS.finditer(line):
        kind = part.lastgroup or "other"
        word = part[kind]
        if kind in spans:
            spans[kind].append((len(text), len(text) + len(word)))
        text += word
    if len(spans["query"]) != 1 or len(spans["key"]) != 1:
        raise WrongMarks(number=number, n_queries=len(spans["query"]), n_keys=len(spans["key"]), line=line)
    return MarkedSentence(text, spans["query"][0], spans["key"][0])


def escaped(text: str) -> str:
    return re.sub(r"([\\*_])", r"\\\1", text)


READY = (
    ReadyClaim("adverb", N_("An adverb looks at its verb (with the order swapped)")),
    ReadyClaim("determiner", N_("A determiner looks at its noun")),
    ReadyClaim("pronoun", N_("A pronoun looks at the name it stands for")),
    ReadyClaim("object", N_("An object looks at its verb")),
)
