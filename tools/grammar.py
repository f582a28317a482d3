"""Generate sentences in which words depend on each other at varying distance and in both orders.

A masked adverb, determiner, pronoun or form of *be* in these sentences can
only be told from the word it depends on, and that word stands sometimes
before and sometimes after it, next to it or several words away, often with a
distractor of the same kind nearby.  A head that looks at a fixed distance
cannot solve them.
"""

import hashlib
import random
from itertools import takewhile

import grammar_words as lexicon
from adverb_clauses import adverb_sentence, orders_of_one_clause, relative_sentence
from linked_words import Mark, finish, join_words

HELD_OUT_MODULUS = 20

# The words among which the dependent word of a link is exchanged.
CLASSES = {
    "adverb-verb": lexicon.ADVERBS,
    "determiner-noun": tuple(lexicon.SINGULAR_DETERMINERS + lexicon.PLURAL_DETERMINERS + lexicon.MASS_DETERMINERS),
    "reflexive-subject": tuple(lexicon.REFLEXIVES),
    "possessive-subject": tuple(lexicon.POSSESSIVES),
    "pronoun-name": tuple(lexicon.SUBJECT_PRONOUNS),
    "be-subject": ("is", "are"),
    "past-be-subject": ("was", "were"),
}


def counted_noun(rng):
    """Return (parts, link) of a noun phrase whose determiner agrees with the noun over 0-3 adjectives."""
    kind = rng.choices(["singular", "plural", "mass"], [4, 4, 1])[0]
    if kind == "mass":
        noun, determiners = rng.choice(lexicon.MASS_NOUNS), lexicon.MASS_DETERMINERS
    else:
        noun = rng.choice(lexicon.COUNT_NOUNS)[kind == "plural"]
        determiners = lexicon.SINGULAR_DETERMINERS if kind == "singular" else lexicon.PLURAL_DETERMINERS
    adjectives = rng.sample(lexicon.ADJECTIVES, rng.choice([0, 1, 1, 2, 2, 3]))
    word = rng.choice(determiners)
    if word == "a" and adjectives[:1] and adjectives[0][0] in "aeiou":
        word = "this"
    determiner, noun = Mark(word), Mark(noun)
    return [determiner, *adjectives, noun], ("determiner-noun", determiner, noun)


def determiner_sentence(rng):
    """Return a sentence with one or two agreeing noun phrases as objects or after a preposition."""
    subject = rng.choice(lexicon.FEMALE_NAMES + lexicon.MALE_NAMES + ["he", "she", "they", "we", "I"])
    parts, link = counted_noun(rng)
    sentence = [subject, rng.choice(lexicon.TRANSITIVE_PASTS)] + parts
    links = [link]
    if rng.random() < 0.5:
        more, other_link = counted_noun(rng)
        sentence += [rng.choice(["near", "and", "beside", "under", "but not"])] + more
        links.append(other_link)
    elif rng.random() < 0.5:
        sentence.append(rng.choice(lexicon.PLACE_PHRASES))
    return finish(sentence + ["."], links)


def person(rng):
    """Return (words before the head, head word, index of its pronouns in the word lists)."""
    choice = rng.random()
    if choice < 0.6:
        female = rng.random() < 0.5
        return "", rng.choice(lexicon.FEMALE_NAMES if female else lexicon.MALE_NAMES), int(female)
    if choice < 0.85:
        gender = rng.randrange(3)
        nouns = (lexicon.MASCULINE_NOUNS, lexicon.FEMININE_NOUNS, lexicon.NEUTER_NOUNS)[gender]
        return "the", rng.choice(nouns), gender
    return "the", rng.choice(lexicon.ANIMATE)[1], 3


def two_people(rng):
    """Return two persons with different pronouns, the second as plain words."""
    first = person(rng)
    while True:
        before, word, pronoun = person(rng)
        if pronoun != first[2]:
            return first, f"{before} {word}".strip()


def pronoun_sentence(rng):
    """Return a sentence with a reflexive or possessive that belongs to the subject, not to the distractor."""
    (before, word, index), other = two_people(rng)
    subject = Mark(word)
    if rng.random() < 0.6:
        kind, pronoun = "reflexive-subject", Mark(lexicon.REFLEXIVES[index])
        ending = [rng.choice(lexicon.REFLEXIVE_PASTS), pronoun]
    else:
        kind, pronoun = "possessive-subject", Mark(lexicon.POSSESSIVES[index])
        own = [rng.choice(lexicon.ADJECTIVES)] if rng.random() < 0.4 else []
        ending = ["lost", pronoun, *own, rng.choice(lexicon.COUNT_NOUNS)[0]]
    near = rng.choice(["near", "beside", "behind", "with", "without"]) + " " + other
    orders = [
        [before, subject, *ending, near],
        [near, ",", before, subject, *ending],
        [before, subject, ", who", rng.choice(["met", "knew", "liked", "called"]), other, ",", *ending],
        [before, subject, near, *ending],
        [other, "waited", "while", before, subject, *ending],
        [before, subject, *ending, rng.choice(lexicon.PLACE_PHRASES)],
    ]
    return finish(rng.choice(orders) + ["."], [(kind, pronoun, subject)])


def forward_pronoun_sentence(rng):
    """Return a sentence whose pronoun stands before or after the name it means."""
    (before, word, index), other = two_people(rng)
    subject, pronoun = Mark(word), Mark(lexicon.SUBJECT_PRONOUNS[index])
    event = rng.choice(["came home", "left the house", "saw the door", "went to bed", "heard the noise", "woke up"])
    deed = rng.choice(["thanked", "called", "met", "helped", "saw", "followed"])
    when = rng.choice(["when", "before", "after", "because"])
    if rng.random() < 0.5:
        parts = [when, pronoun, event, ",", before, subject, deed, other, "."]
    else:
        parts = [before, subject, deed, other, when, pronoun, event, "."]
    return finish(parts, [("pronoun-name", pronoun, subject)])


def agreement_sentence(rng):
    """Return *the keys to the door are old* or its question; the nearer noun often has the other number."""
    plural, past = rng.random() < 0.5, rng.random() < 0.5
    noun = Mark(rng.choice(lexicon.COUNT_NOUNS + lexicon.ANIMATE)[plural])
    attractor = rng.choice(lexicon.COUNT_NOUNS)[rng.random() < (0.3 if plural else 0.7)]
    phrase = f"{rng.choice(['near', 'behind', 'under', 'beside', 'with', 'of'])} the {attractor}"
    adjective = rng.choice(lexicon.ADJECTIVES) if rng.random() < 0.3 else ""
    be = Mark((("is", "are"), ("was", "were"))[past][plural])
    predicate = rng.choice(lexicon.PREDICATES)
    if rng.random() < 0.6:
        parts = ["the", adjective, noun, phrase if rng.random() < 0.8 else "", be, predicate, "."]
    else:
        parts = [be, "the", adjective, noun, phrase, predicate, "?"]
    return finish(parts, [("past-be-subject" if past else "be-subject", be, noun)])


def invented_name(rng):
    """Return a first and a last name that no corpus contains."""
    parts = [rng.choice(lexicon.NAME_STARTS) + rng.choice(lexicon.NAME_ENDS) for _ in range(2)]
    return " ".join(parts)


def copying_sentence(rng):
    """Return a short text in which two invented names come back, so that only copying can foretell them."""
    one, two = invented_name(rng), invented_name(rng)
    place = rng.choice(lexicon.PLACE_PHRASES[:14])
    opening = rng.choice(
        [
            f"{one} met {two} {place} .",
            f"My friends are {one} and {two} .",
            f"{one} wrote a letter to {two} .",
            f"{place} lived {one} , and next door lived {two} .",
        ]
    )
    again = rng.sample([one, two], 2)
    later = [
        f"{again[0]} {rng.choice(['smiled', 'went home', 'was happy', 'said nothing'])} .",
        f"Then {again[1]} looked at {again[0]} .",
        f"Everybody liked {again[1]} and {again[0]} .",
    ]
    chosen = [opening] + rng.sample(later, 2)
    return finish([join_words(sentence.split()) for sentence in chosen], [])


KINDS = {
    "adverb": adverb_sentence,
    "relative": relative_sentence,
    "determiner": determiner_sentence,
    "pronoun": pronoun_sentence,
    "forward pronoun": forward_pronoun_sentence,
    "agreement": agreement_sentence,
    "copying": copying_sentence,
}


def is_held_out(text):
    """Tell whether a generated sentence is kept for evaluation, by the MD5 of its text."""
    return int(hashlib.md5(text.encode("utf-8")).hexdigest()[:8], 16) % HELD_OUT_MODULUS == 0


def generate(count, weights, seed, held_out=False):
    """Yield ``count`` generated sentences of one part of the split.

    ``weights`` maps names of KINDS to relative frequencies; the same arguments
    always yield the same sentences.
    """
    rng = random.Random(seed)
    names, shares = list(weights), list(weights.values())
    made = 0
    while made < count:
        sentence = KINDS[rng.choices(names, shares)[0]](rng)
        if is_held_out(sentence.text) == held_out:
            made += 1
            yield sentence


def swapped_sentences(count, seed):
    """Return ``count`` dicts from order to Generated: one clause with its adverb in three places.

    All three versions of a clause belong to the held-out part.
    """
    rng, found = random.Random(seed), []
    while len(found) < count:
        # One clause in 8,000 passes in all three orders; takewhile gives the others up early.
        versions = dict(takewhile(lambda version: is_held_out(version[1].text), orders_of_one_clause(rng)))
        if len(versions) == 3:
            found.append(versions)
    return found


def fitting_words(kind, word):
    """Return the words that fit wherever ``word`` fits as the dependent of a link of this kind."""
    if kind == "adverb-verb":
        return next(set(group.adverbs) for group in lexicon.VERB_GROUPS if word in group.adverbs)
    if kind == "determiner-noun":
        lists = (lexicon.SINGULAR_DETERMINERS, lexicon.PLURAL_DETERMINERS, lexicon.MASS_DETERMINERS)
        return next(set(words) for words in lists if word in words)
    # Number is decided by the subject, the tense by nothing in the sentence.
    number = {"is": {"is", "was"}, "are": {"are", "were"}, "was": {"is", "was"}, "were": {"are", "were"}}
    return number.get(word, {word})
