"""Write the marked sentences that known heads are measured on again, ``assets/examples/known``.

python tools/mark_sentences.py --corpus texts

Those of our models are the very held-out sentences of their cards, made by the grammar. Those on indirect objects, for
GPT-2, are made from clauses and names. The plain ones are the held-out everyday sentences of the cards. The others are
written by hand and not touched here.
"""

import argparse
from pathlib import Path

import grammar
from corpus import read_corpus
from heads_report import LINK_PATTERNS, MEASURED, held_out_sentences

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "examples" / "known"

CARDS = {  # a pattern of the cards, whether its model only looks back: the file and what it holds
    ("adverb -> verb", False): ("card_adverb", "Held-out generated sentences: an adverb and its verb."),
    ("determiner -> noun", False): ("card_determiner", "Held-out generated sentences: a determiner and its noun."),
    ("pronoun -> its noun or name", False): (
        "card_pronoun",
        "Held-out generated sentences: a pronoun and the noun or name it stands for.",
    ),
    ("is, are, was, were -> subject", False): (
        "card_be",
        "Held-out generated sentences: is, are, was, were and the subject.",
    ),
    ("verb -> adverb", False): ("card_verb", "Held-out generated sentences: a verb and its adverb."),
    ("noun -> determiner", False): ("card_noun", "Held-out generated sentences: a noun and its determiner."),
    ("adverb -> verb", True): ("card_adverb_back", "The same, where the verb stands before its adverb."),
    ("verb -> adverb", True): ("card_verb_back", "The same, where the adverb stands before its verb."),
    ("pronoun -> its noun or name", True): ("card_pronoun_back", "The same, where the noun or name comes first."),
    ("is, are, was, were -> subject", True): ("card_be_back", "The same, where the subject comes first."),
}
SWAPPED = ("card_swap", "One clause in three orders: adverb before its verb, right after it, after the phrase.")

# The two names come first, then one of them again; who did not act is the indirect object.
CLAUSES = (
    ("When {a} and {b} went to the store,", "{s} gave a drink to"),
    ("When {a} and {b} got home from school,", "{s} handed a book to"),
    ("Then {a} and {b} went to the park, and", "{s} gave a ball to"),
    ("After {a} and {b} sat down at the table,", "{s} passed the bread to"),
    ("While {a} and {b} were working at the office,", "{s} sent a letter to"),
    ("Yesterday {a} and {b} had lunch together, and later", "{s} wrote a note to"),
    ("The friends {a} and {b} met at the station, and", "{s} gave a ticket to"),
    ("As soon as {a} and {b} came to the garden,", "{s} showed the flowers to"),
    ("Last night {a} and {b} played chess, and afterwards", "{s} offered some tea to"),
    ("Before {a} and {b} left the hospital,", "{s} gave the keys to"),
    ("Since {a} and {b} were at the market,", "{s} sold an apple to"),
    ("In the end {a} and {b} found the treasure, and", "{s} gave the gold to"),
    ("Once {a} and {b} had finished the work,", "{s} lent the hammer to"),
    ("In the morning {a} and {b} went to the beach, and", "{s} threw the stone to"),
    ("When {a} and {b} opened the old house,", "{s} gave the lamp to"),
)
NAMES = ("Mary", "John", "Tom", "Anna", "James", "Sarah", "Michael", "Laura", "Paul", "Emma", "David", "Kate", "Mark")
NAMES += ("Alice", "Peter", "Jane", "Robert")
OBJECTS = {  # which place looks at which
    "ioi_name": ("end", "other", "From the end at the indirect object, the name that comes once."),
    "ioi_subject": ("end", "again", "From the end at the second place of the name that comes twice."),
    "ioi_duplicate": ("again", "first", "From a name's second place at its first."),
    "ioi_induction": ("again", "after", "From a name's second place at the word after its first."),
}


def linked(name, only_back):
    """Return the marked sentences of one pattern of the cards, one a link."""
    _name, weights, kinds, backwards = next(pattern for pattern in LINK_PATTERNS if pattern[0] == name)
    lines = []
    for sentence in held_out_sentences(MEASURED, weights, f"measured {name}"):
        lines += link_lines(sentence, kinds, backwards, only_back)
    return lines


def link_lines(sentence, kinds, backwards, only_back):
    """Return a marked sentence for each link of one Generated sentence."""
    lines = []
    for kind, dependent, head in sentence.links:
        query, key = (head, dependent) if backwards else (dependent, head)
        if kind in kinds and (not only_back or key < query):
            lines.append(marked(sentence.text, places(sentence), query, key))
    return lines


def places(sentence):
    """Return [start, end) of every word of a Generated sentence in its text."""
    found, cursor = [], 0
    for word in sentence.words:
        begin = sentence.text.lower().index(word.lower(), cursor)
        cursor = begin + len(word)
        found.append((begin, cursor))
    return found


def marked(text, spans, query, key):
    """Return the text with the query as ``*so*`` and the key as ``_so_``."""
    for (begin, end), sign in sorted([(spans[query], "*"), (spans[key], "_")], reverse=True):
        text = f"{text[:begin]}{sign}{text[begin:end]}{sign}{text[end:]}"
    return text


def object_lines(query, key):
    """Return the marked sentences on indirect objects, each clause with both orders of the names."""
    lines = []
    for number, (opening, deed) in enumerate(CLAUSES):
        subject, other = NAMES[number], NAMES[-1 - number] if NAMES[-1 - number] != NAMES[number] else NAMES[0]
        for a, b in ((other, subject), (subject, other)):
            words = f"{opening} {deed}".format(a=a, b=b, s=subject).split()
            first, again = (at for at, word in enumerate(words) if word == subject)
            at = {
                "first": first,
                "after": first + 1,
                "again": again,
                "other": words.index(other),
                "end": len(words) - 1,
            }
            lines.append(mark_words(words, at[query], at[key]))
    return lines


def mark_words(words, query, key):
    """Return words as a sentence with two of them marked."""
    signs = {query: "*", key: "_"}
    return " ".join(f"{signs.get(at, '')}{word}{signs.get(at, '')}" for at, word in enumerate(words))


def swapped_lines():
    """Return the clauses of the swap test, each in its three orders."""
    return [
        line
        for versions in grammar.swapped_sentences(MEASURED, "swap test")
        for sentence in versions.values()
        for line in link_lines(sentence, {"adverb-verb"}, False, False)
    ]


def write(name, title, lines):
    """Write one file, its first line saying what it holds."""
    (FOLDER / f"{name}.txt").write_text("\n".join([f"# {title}", *lines]) + "\n", encoding="utf-8")


def everyday(corpus):
    """Return the held-out everyday sentences in which the cards look for neighbours."""
    held_out = [sentence.text for split in read_corpus(corpus).values() for sentence in split.held_out]
    return [text for text in held_out if 4 <= len(text.split()) <= 20 and "naked" not in text][:MEASURED]


def main():
    """Write every file that is made."""
    parser = argparse.ArgumentParser(description="Write the sentences that known heads are measured on again.")
    parser.add_argument(
        "--corpus", help="folder of .txt files the models were trained from, for the everyday sentences"
    )
    arguments = parser.parse_args()
    if arguments.corpus:
        write(
            "everyday",
            "Held-out everyday sentences of Tatoeba (tatoeba.org), CC BY 2.0 FR.",
            everyday(arguments.corpus),
        )
    for (pattern, only_back), (name, title) in CARDS.items():
        write(name, title, linked(pattern, only_back))
    write(*SWAPPED, swapped_lines())
    for name, (query, key, title) in OBJECTS.items():
        write(name, title, object_lines(query, key))


if __name__ == "__main__":
    main()
