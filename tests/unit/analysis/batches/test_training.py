"""The split never trains on what it measures with, and generated sentences link the words they say they link."""

import hashlib
import importlib
import sys

import pytest

from tests.conftest import REPOSITORY


@pytest.fixture(scope="module", autouse=True)
def tools_on_path():
    """Import the tools as their scripts do: from their own folder."""
    sys.path.insert(0, str(REPOSITORY / "tools"))
    yield
    sys.path.remove(str(REPOSITORY / "tools"))


@pytest.fixture(scope="module")
def corpus(tools_on_path):
    return importlib.import_module("corpus")


@pytest.fixture(scope="module")
def grammar(tools_on_path):
    return importlib.import_module("grammar")


def is_held_out_by_hand(line: str, modulus: int) -> bool:
    """Compute the rule of the split from its words: the first 32 bits of the MD5, modulo."""
    return int.from_bytes(hashlib.md5(line.encode()).digest()[:4], "big") % modulus == 0


def first_line(modulus: int, held_out: bool) -> str:
    lines = (f"Sentence number {i} is here." for i in range(1000))
    return next(line for line in lines if is_held_out_by_hand(line, modulus) == held_out)


@pytest.mark.parametrize("modulus", [20, 50, 100])
def test_lines_are_held_out_by_the_first_32_bits_of_their_md5(corpus, modulus):
    for i in range(500):
        line = f"Line {i}."
        assert corpus.is_held_out(line, modulus) == is_held_out_by_hand(line, modulus)


def test_abbreviations_and_initials_end_no_sentence(corpus):
    assert corpus.split_sentences('Mr. T. Smith came. "Go!" he said. Is it 3 p.m. now? 7 men left.') == [
        "Mr. T. Smith came.",
        '"Go!" he said.',
        "Is it 3 p.m. now?",
        "7 men left.",
    ]


def test_closing_quotes_stay_with_their_sentence(corpus):
    assert corpus.split_sentences('"I am here." She smiled.') == ['"I am here."', "She smiled."]


def test_an_empty_line_starts_a_document_and_a_dropped_sentence_leaves_a_gap(corpus, tmp_path):
    held = first_line(100, held_out=True)
    kept = first_line(100, held_out=False)
    paragraph = f"He came. {held} She went."
    assert not is_held_out_by_hand(paragraph, 100)
    (tmp_path / "tale.txt").write_text(f"{kept}\n{paragraph}\n{held}\n\n{kept}\n")
    ((source, split),) = corpus.read_corpus(tmp_path).items()
    assert source.name == "tale"
    assert [s.text for s in split.held_out] == [held]
    assert split.train == [
        (kept, corpus.DOCUMENT),
        ("He came.", corpus.PARAGRAPH),
        ("She went.", corpus.PARAGRAPH),
        (kept, corpus.DOCUMENT),
    ]


def test_a_sentence_held_out_in_one_file_is_trained_on_in_none(corpus, tmp_path):
    held = first_line(50, held_out=True)
    (tmp_path / "tatoeba_en.txt").write_text(f"{held}\nNobody knows.\n")
    other = f'"{held.upper()}" Then they slept.'
    assert not is_held_out_by_hand(other, 100)
    (tmp_path / "books_pd.txt").write_text(f"{other}\n")
    trained = [s.text for split in corpus.read_corpus(tmp_path).values() for s in split.train]
    assert trained == ["Nobody knows.", "Then they slept."]


def test_a_folder_without_text_says_so(corpus, tmp_path):
    with pytest.raises(FileNotFoundError, match="No .txt file"):
        corpus.read_corpus(tmp_path)


def test_the_same_seed_generates_the_same_sentences(grammar):
    weights = dict.fromkeys(grammar.KINDS, 1)
    one, again, other = (list(grammar.generate(30, weights, seed)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_no_generated_sentence_is_both_trained_on_and_held_out(grammar):
    weights = {"forward pronoun": 1, "agreement": 1}
    trained = {s.text for s in grammar.generate(3000, weights, 0)}
    held_out = {s.text for s in grammar.generate(300, weights, 0, held_out=True)}
    assert not trained & held_out
    assert all(is_held_out_by_hand(text, 20) for text in held_out)


def test_every_adverb_and_every_verb_form_belongs_to_one_group(grammar):
    groups = grammar.lexicon.VERB_GROUPS
    adverbs = [adverb for group in groups for adverb in group.adverbs]
    verbs = [verb[0] for group in groups for verb in group.verbs]
    assert len(adverbs) == len(set(adverbs))
    assert len(verbs) == len(set(verbs))
    assert 15 <= len(groups) <= 25


def test_adverbs_go_with_their_verb_in_both_orders_and_at_many_distances(grammar):
    group_of = {adverb: group for group in grammar.lexicon.VERB_GROUPS for adverb in group.adverbs}
    distances = []
    for sentence in grammar.generate(500, {"adverb": 1, "relative": 1}, 0):
        for link in sentence.links:
            forms = {form for verb in group_of[sentence.words[link.dependent]].verbs for form in verb}
            assert sentence.words[link.head] in forms
            distances.append(link.head - link.dependent)
    for distance in set(distances):
        # A head that looks at one fixed distance finds the verb in fewer than half of the sentences.
        assert distances.count(distance) < 0.5 * len(distances)
    before, after = sum(d > 0 for d in distances), sum(d < 0 for d in distances)
    assert min(before, after) > 0.3 * len(distances)


def test_the_nearest_verb_is_often_the_wrong_one(grammar):
    wrong = total = 0
    for sentence in grammar.generate(500, {"adverb": 1, "relative": 1}, 0):
        heads = [link.head for link in sentence.links]
        for link in sentence.links:
            nearest = min(heads, key=lambda head: abs(head - link.dependent))
            wrong += nearest != link.head
            total += 1
    assert wrong > 0.03 * total


PLURAL = {"these", "those", "many", "several", "few", "both"}
SINGULAR = {"this", "that", "a", "each", "every", "another"}


def test_determiners_agree_with_their_noun(grammar):
    lexicon = grammar.lexicon
    for sentence in grammar.generate(300, {"determiner": 1}, 0):
        for link in sentence.links:
            determiner, noun = sentence.words[link.dependent], sentence.words[link.head]
            assert 1 <= link.head - link.dependent <= 4
            number = 1 if determiner in PLURAL else 0 if determiner in SINGULAR else None
            allowed = lexicon.MASS_NOUNS if number is None else [pair[number] for pair in lexicon.COUNT_NOUNS]
            assert noun in allowed


def test_pronouns_mean_the_subject_and_a_distractor_has_another_gender(grammar):
    lexicon = grammar.lexicon
    female = set(lexicon.FEMALE_NAMES) | set(lexicon.FEMININE_NOUNS)
    male = set(lexicon.MALE_NAMES) | set(lexicon.MASCULINE_NOUNS)
    seen = set()
    for sentence in grammar.generate(400, {"pronoun": 1, "forward pronoun": 1}, 0):
        (link,) = sentence.links
        pronoun, head = sentence.words[link.dependent], sentence.words[link.head]
        people = (
            female if pronoun in {"herself", "her", "she"} else male if pronoun in {"himself", "his", "he"} else None
        )
        if people is not None:
            assert head in people
            assert not people & (set(sentence.words) - {head})
        seen.add(pronoun)
    assert {"herself", "himself", "her", "his", "she", "he"} <= seen


def test_the_verb_agrees_with_its_subject_not_with_the_nearer_noun(grammar):
    pairs = grammar.lexicon.COUNT_NOUNS + grammar.lexicon.ANIMATE
    plurals = {plural for _, plural in pairs}
    singulars = {singular for singular, _ in pairs}
    attracted = 0
    for sentence in grammar.generate(400, {"agreement": 1}, 0):
        (link,) = sentence.links
        be, subject = sentence.words[link.dependent], sentence.words[link.head]
        assert subject in (plurals if be in {"are", "were"} else singulars)
        between = sentence.words[link.head + 1 : link.dependent]
        attracted += any(word in (singulars if be in {"are", "were"} else plurals) for word in between)
    assert attracted > 40


def test_invented_names_come_back(grammar):
    for sentence in grammar.generate(100, {"copying": 1}, 0):
        capitals = [word.strip(".,") for word in sentence.text.split() if word[0].isupper()]
        assert len(capitals) - len(set(capitals)) >= 2


def test_swapped_sentences_differ_in_the_place_of_the_adverb_only(grammar):
    for versions in grammar.swapped_sentences(5, 0):
        assert len(versions) == 3
        assert len({s.text for s in versions.values()}) == 3
        assert len({tuple(sorted(s.words)) for s in versions.values()}) == 1
        assert all(is_held_out_by_hand(s.text, 20) for s in versions.values())
        assert len({(s.words[s.links[0].dependent], s.words[s.links[0].head]) for s in versions.values()}) == 1
        before, after, end = (s.links[0].head - s.links[0].dependent for s in versions.values())
        assert (before, after) == (1, -1) and end < -1
