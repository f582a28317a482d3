"""Read a folder of plain text and split it into training and held-out sentences.

A text file holds one sentence or paragraph per line; an empty line ends a
story or book.  A line is held out when the MD5 of its text falls into the
first of ``modulus`` equal classes, so the split depends on nothing but the
text itself.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# How a sentence continues the one before it in its list.
FOLLOWS, PARAGRAPH, DOCUMENT = 0, 1, 2

ABBREVIATIONS = "Mr|Mrs|Ms|Dr|St|Messrs|Prof|Rev|Capt|Col|Gen|Lieut|Lt|Sgt|Hon|Jr|Sr|No|vs|etc|i\\.e|e\\.g|Esq|[A-Z]"
PROTECTED_STOP = re.compile(rf"\b({ABBREVIATIONS})\.")
SENTENCE_END = re.compile(r"(?<=[.!?])([\"')]*)\s+(?=[\"'(]*[A-Z0-9])")
HIDDEN_STOP = "\x01"


@dataclass(frozen=True)
class Source:
    """One text file and its part in the training mix.

    ``repeats`` is how often an epoch reads it (0: evaluation only), ``modulus``
    holds out one line in that many, and ``connected`` says whether neighbouring
    lines tell one story.
    """

    name: str
    file: str
    repeats: int
    modulus: int
    connected: bool


KNOWN_SOURCES = (
    Source("everyday", "tatoeba_en.txt", repeats=2, modulus=50, connected=False),
    Source("stories", "pratham_en.txt", repeats=3, modulus=20, connected=True),
    Source("books", "books_pd.txt", repeats=1, modulus=100, connected=True),
    Source("wikitext", "wikitext2_ood.txt", repeats=0, modulus=20, connected=True),
)


class Sentence(NamedTuple):
    """A sentence and how it continues the one before (FOLLOWS, PARAGRAPH, DOCUMENT)."""

    text: str
    place: int


class Split(NamedTuple):
    """Training and held-out sentences of one source, in reading order."""

    train: list
    held_out: list


def is_held_out(line, modulus):
    """Tell whether a line of a corpus file belongs to the held-out part."""
    digest = hashlib.md5(line.encode("utf-8")).hexdigest()
    return int(digest[:8], 16) % modulus == 0


def split_sentences(paragraph):
    """Cut a paragraph after ``.``, ``!`` or ``?`` that a capital or digit follows.

    Closing quotes stay with the sentence they close; the stop of a known
    abbreviation or of an initial ends nothing.
    """
    hidden = PROTECTED_STOP.sub(lambda found: found.group(1) + HIDDEN_STOP, paragraph)
    pieces = SENTENCE_END.split(hidden)
    # re.split returns text, closing quotes, text, closing quotes, ..., text.
    closings = pieces[1::2] + [""]
    sentences = [text + closing for text, closing in zip(pieces[0::2], closings)]
    restored = (sentence.replace(HIDDEN_STOP, ".").strip() for sentence in sentences)
    return [sentence for sentence in restored if sentence]


def sentence_key(text):
    """Return what two spellings of the same sentence share: case and outer quotes are ignored."""
    return text.lower().strip("\"' ")


def list_sources(folder):
    """Return the sources found in ``folder``; raise FileNotFoundError when there is no text."""
    known = {source.file: source for source in KNOWN_SOURCES}
    files = sorted(Path(folder).glob("*.txt"))
    if not files:
        raise FileNotFoundError(f"No .txt file in {folder}")
    unknown = (Source(f.stem, f.name, repeats=1, modulus=100, connected=True) for f in files if f.name not in known)
    names = {f.name for f in files}
    return [source for source in KNOWN_SOURCES if source.file in names] + list(unknown)


def read_source(path, source):
    """Read one file and return its Split; a gap left by a held-out line starts a new paragraph."""
    split = Split([], [])
    starts_document = {True: True, False: True}
    for line in Path(path).read_text(encoding="utf-8").split("\n"):
        if not line:
            starts_document = {True: True, False: True}
            continue
        held_out = is_held_out(line, source.modulus)
        part = split.held_out if held_out else split.train
        first = DOCUMENT if starts_document[held_out] or not source.connected else PARAGRAPH
        for number, text in enumerate(split_sentences(line)):
            part.append(Sentence(text, first if number == 0 else FOLLOWS))
        starts_document[held_out] = False
    return split


def drop_seen(train, held_out_keys):
    """Drop training sentences that are also held out, so that none was ever trained on."""
    kept, gap = [], None
    for text, place in train:
        if sentence_key(text) in held_out_keys:
            gap = max(place, PARAGRAPH, gap or 0)
            continue
        # What follows a dropped sentence no longer continues the one before it.
        kept.append(Sentence(text, place if gap is None else max(place, gap)))
        gap = None
    return kept


def read_corpus(folder):
    """Read every text file of a folder.

    Returns a dict from Source to Split.  No training sentence of any source
    also occurs among the held-out sentences of any source.
    """
    splits = {source: read_source(Path(folder) / source.file, source) for source in list_sources(folder)}
    held_out_keys = {sentence_key(s.text) for split in splits.values() for s in split.held_out}
    return {
        source: Split(drop_seen(split.train, held_out_keys) if source.repeats else [], split.held_out)
        for source, split in splits.items()
    }
