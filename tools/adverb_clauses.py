"""Write clauses in which the verb decides which adverbs fit, wherever the adverb stands."""

import grammar_words as lexicon
from linked_words import Mark, finish


def noun_subject(rng, pairs):
    """Return (words, is_plural) of a noun phrase with *the*, sometimes with an adjective."""
    plural = rng.random() < 0.35
    adjective = rng.choice(lexicon.ADJECTIVES) + " " if rng.random() < 0.3 else ""
    return f"the {adjective}{rng.choice(pairs)[plural]}", plural


def subject_of(rng, group):
    """Return (words, is_plural) of a subject that fits a verb group."""
    if group.subjects == "weather":
        return "it", False
    if group.subjects == "thing":
        return noun_subject(rng, lexicon.THINGS)
    choice = rng.random()
    if choice < 0.2:
        return rng.choice(lexicon.FEMALE_NAMES + lexicon.MALE_NAMES), False
    if choice < 0.35:
        word = rng.choice(["he", "she", "they", "we", "I"])
        return word, word in ("they", "we", "I")
    return noun_subject(rng, lexicon.ANIMATE)


def verb_of(rng, group, plural, past):
    """Return (auxiliary words, verb Mark) in the right form."""
    base, third, past_form = rng.choice(group.verbs)
    if rng.random() < 0.15:
        return rng.choice(["will", "can", "must"] if not past else ["could", "did not"]), Mark(base)
    if past:
        return "", Mark(past_form)
    return "", Mark(base if plural else third)


def clause(rng, group, past, subject=None, fronted=True):
    """Return (parts, link) of a clause whose adverb stands in one of five places."""
    words, plural = subject or subject_of(rng, group)
    auxiliary, verb = verb_of(rng, group, plural, past)
    adverb = Mark(rng.choice(group.adverbs))
    phrase = rng.choice(lexicon.PHRASES[group.phrases])
    aside = rng.choice(lexicon.PLACE_PHRASES[:11]) if " " in words and rng.random() < 0.25 else ""
    orders = [
        [words, aside, auxiliary, adverb, verb, phrase],
        [words, aside, auxiliary, verb, adverb, phrase],
        [words, aside, auxiliary, verb, phrase, adverb],
        [words, aside, auxiliary, verb, adverb],
        [adverb, rng.choice(["", ","]), words, auxiliary, verb, phrase],
    ]
    weights = [4, 3, 3, 1, 2 if fronted else 0]
    return rng.choices(orders, weights)[0], ("adverb-verb", adverb, verb)


def adverb_sentence(rng):
    """Return a sentence of one or two clauses; each adverb depends on the verb of its own clause."""
    past = rng.random() < 0.5
    first, second = rng.sample(lexicon.VERB_GROUPS, 2)
    parts, link = clause(rng, first, past)
    if rng.random() < 0.5:
        return finish(parts + ["."], [link])
    other_parts, other_link = clause(rng, second, past, fronted=rng.random() < 0.5)
    join = rng.choice(["and", ", and", "but", ", but", "while", "when", "because"])
    if join in ("while", "when", "because") and rng.random() < 0.5:
        return finish([join] + parts + [","] + other_parts + ["."], [link, other_link])
    return finish(parts + [join] + other_parts + ["."], [link, other_link])


def relative_sentence(rng):
    """Return *the girl who waited patiently sang sweetly*: the nearest verb is often the wrong one."""
    groups = [group for group in lexicon.VERB_GROUPS if group.subjects == "animate"]
    inner, outer = rng.sample(groups, 2)
    past = rng.random() < 0.5
    noun, plural = noun_subject(rng, lexicon.ANIMATE)
    inner_parts, inner_link = clause(rng, inner, past, subject=("who", plural), fronted=False)
    outer_parts, outer_link = clause(rng, outer, past, subject=("", plural), fronted=False)
    return finish([noun] + inner_parts + outer_parts + ["."], [inner_link, outer_link])


def orders_of_one_clause(rng):
    """Yield (order, Generated) for the same clause with its adverb in three places."""
    group = rng.choice(lexicon.VERB_GROUPS)
    words, plural = subject_of(rng, group)
    auxiliary, verb = verb_of(rng, group, plural, rng.random() < 0.5)
    adverb = Mark(rng.choice(group.adverbs))
    phrase = rng.choice(lexicon.PHRASES[group.phrases])
    link = [("adverb-verb", adverb, verb)]
    yield "before the verb", finish([words, auxiliary, adverb, verb, phrase, "."], link)
    yield "right after the verb", finish([words, auxiliary, verb, adverb, phrase, "."], link)
    yield "after the phrase", finish([words, auxiliary, verb, phrase, adverb, "."], link)
