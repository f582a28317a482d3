"""Tokens of two texts are paired where they are the same, never by their place alone, and never with padding."""

import itertools

import numpy as np
import pytest

from tests import hand_made
from viz.analysis.compare.alignment import align
from viz.analysis.compare.subsequence import longest_common
from viz.analysis.words import pieces

SPECIALS = ("[CLS]", "[SEP]", "<s>", "</s>", "[PAD]")


def run_of(tokens: str, *, left: int = 0, right: int = 0):
    """Build a run of one text from its tokens, parted by spaces, with padding on either side."""
    row = ("[PAD]",) * left + tuple(tokens.split()) + ("[PAD]",) * right
    special = np.array([[token in SPECIALS for token in row]])
    real = [[0] * left + [1] * len(tokens.split()) + [0] * right]
    return hand_made.run(real, batch_fields={"tokens": (row,), "special_tokens_mask": special})


def aligned(before: str, after: str, **padding):
    return align(pieces(run_of(before, **padding), 0), pieces(run_of(after), 0))


def said(before: str, after: str) -> list[str]:
    """Say which tokens are paired, in the order of ``after``, and how where it is not the same token in its place."""
    a, b = before.split(), after.split()
    signs = {"token": "", "word": " w", "moved": " m"}
    return [
        f"{'+'.join(a[i] for i in pair.before)}={'+'.join(b[j] for j in pair.after)}{signs[pair.how]}"
        for pair in aligned(before, after).pairs
    ]


def places(before: str, after: str, **padding) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(pair.before, pair.after) for pair in aligned(before, after, **padding).pairs]


def test_the_same_text_is_paired_one_to_one():
    text = "[CLS] the cat sat . [SEP]"
    assert places(text, text) == [((i,), (i,)) for i in range(6)]
    assert aligned(text, text).alone_before == aligned(text, text).alone_after == ()


def test_a_word_that_is_put_in_shifts_nothing_and_stands_alone():
    of = aligned("[CLS] the cat sat [SEP]", "[CLS] the old cat sat [SEP]")
    assert [(p.before, p.after) for p in of.pairs] == [
        ((0,), (0,)),
        ((1,), (1,)),
        ((2,), (3,)),
        ((3,), (4,)),
        ((4,), (5,)),
    ]
    assert (of.alone_before, of.alone_after) == ((), (2,))


def test_another_word_at_the_same_place_is_no_pair():
    of = aligned("the cat sat", "the dog sat")
    assert [(p.before, p.after) for p in of.pairs] == [((0,), (0,)), ((2,), (2,))]
    assert (of.alone_before, of.alone_after) == ((1,), (1,))


def test_words_that_change_places_are_paired_and_one_of_them_has_moved():
    assert said("the turtle moves slow now", "the turtle slow moves now") == [
        "the=the",
        "turtle=turtle",
        "slow=slow",
        "moves=moves m",
        "now=now",
    ]


def test_a_word_that_is_left_over_twice_has_no_one_place_to_go():
    of = aligned("so a b c", "a b c so so")
    assert [p.how for p in of.pairs] == ["token"] * 3
    assert (of.alone_before, of.alone_after) == ((0,), (3, 4))


def test_a_sign_does_not_move():
    of = aligned(", a b", "a b ,")
    assert (of.alone_before, of.alone_after) == ((0,), (2,))


@pytest.mark.parametrize(
    "before, after, expected",
    [
        ("the cat and the dog", "the dog", [(0, 0), (4, 1)]),  # equal beginnings first, then equal ends
        ("a a", "a", [(0, 0)]),
        ("a", "a a", [(0, 0)]),
        ("x a b y", "a b a b", [(1, 0), (2, 1)]),  # in between: the earliest place
        ("very very good", "very good", [(0, 0), (2, 1)]),
    ],
)
def test_words_that_are_repeated_pair_in_order_by_the_rule(before, after, expected):
    assert places(before, after) == [((i,), (j,)) for i, j in expected]


def test_a_word_in_other_pieces_is_paired_by_its_characters():
    assert said("play ##ing", "playing") == ["play+##ing=playing w"]
    assert said("the playing dog", "the play ##ing dog") == ["the=the", "playing=play+##ing w", "dog=dog"]


def test_a_word_in_pieces_on_both_sides_is_cut_as_finely_as_both_cut_it():
    assert said("unbel ##iev ##ably", "␣unb el ie v ably") == ["unbel=␣unb+el w", "##iev=ie+v w", "##ably=ably w"]


def test_the_same_pieces_are_the_same_tokens_one_by_one():
    assert said("play ##ing", "play ##ing") == ["play=play", "##ing=##ing"]


def test_a_word_with_another_ending_keeps_the_piece_that_is_the_same():
    of = aligned("play ##ing now", "play ##ed now")
    assert [(p.before, p.after, p.how) for p in of.pairs] == [((0,), (0,), "token"), ((2,), (2,), "token")]
    assert (of.alone_before, of.alone_after) == ((1,), (1,))


def test_case_and_accents_and_the_marks_of_words_do_not_count_but_are_said():
    assert said("The café", "the cafe") == ["The=the w", "café=cafe w"]
    assert said("the cat", "␣the ␣cat") == ["the=␣the w", "cat=␣cat w"]
    assert said("▁the ▁cat", "␣the ␣cat") == ["▁the=␣the w", "▁cat=␣cat w"]


def test_signs_that_one_tokenizer_joins_pair_with_those_another_parts():
    assert said("slow . '", "␣slow .'") == ["slow=␣slow w", ".+'=.' w"]
    of = aligned("slow . !", "␣slow .'")  # only half of it is there
    assert (of.alone_before, of.alone_after) == ((1, 2), (1,))


def test_mask_tokens_of_any_model_are_the_same():
    assert said("the [MASK] .", "␣the <mask> .") == ["the=␣the w", "[MASK]=<mask> w", ".=."]


def test_special_tokens_pair_with_those_of_the_same_role_and_with_no_word():
    assert said("[CLS] a b [SEP]", "<s> a b </s>") == ["[CLS]=<s> w", "a=a", "b=b", "[SEP]=</s> w"]
    assert said("[CLS] a [SEP]", "b </s>") == ["[SEP]=</s> w"]
    assert said("[CLS] a [SEP] b [SEP]", "[CLS] a [SEP]") == ["[CLS]=[CLS]", "a=a", "[SEP]=[SEP]"]
    assert said("[CLS] [SEP]", "[CLS] a [SEP]") == ["[CLS]=[CLS]", "[SEP]=[SEP]"]
    assert said("[CLS] [SEP]", "<s> a </s>") == ["[CLS]=<s> w", "[SEP]=</s> w"]


def test_chinese_pairs_character_by_character():
    assert said("我 们 今 天", "我 们 明 天") == ["我=我", "们=们", "天=天"]


def test_chinese_in_bytes_pairs_with_its_character_and_with_its_bytes():
    in_bytes = "我·1/3 我·2/3 我·3/3 们·1/2 们·2/2"
    assert said(in_bytes, "[UNK]·我 们") == ["我·1/3+我·2/3+我·3/3=[UNK]·我 w", "们·1/2+们·2/2=们 w"]
    assert places(in_bytes, in_bytes) == [((i,), (i,)) for i in range(5)]


def test_a_text_that_another_tokenizer_parts_in_other_words_pairs_by_its_characters():
    assert said("un believ able now", "unbelievable now") == ["un+believ+able=unbelievable w", "now=now"]
    assert said("[CLS] unbel ##ievable [SEP]", "un believable") == ["unbel+##ievable=un+believable w"]


def test_unknown_words_are_the_same_only_where_their_characters_are():
    assert said("[UNK]·bird", "bird") == ["[UNK]·bird=bird w"]
    assert said("[UNK]·bird", "[UNK]·cat") == []
    assert said("[UNK]", "[UNK]") == ["[UNK]=[UNK]"]


@pytest.mark.parametrize("left, right", [(2, 0), (0, 2), (1, 3)])
def test_padding_on_either_side_moves_positions_and_is_never_paired(left, right):
    of = aligned("[CLS] a [SEP]", "[CLS] a b [SEP]", left=left, right=right)
    assert [(p.before, p.after) for p in of.pairs] == [((left,), (0,)), ((left + 1,), (1,)), ((left + 2,), (3,))]
    assert (of.alone_before, of.alone_after) == ((), (2,))


def test_texts_with_nothing_in_common_pair_nothing():
    of = aligned("a b", "c d e")
    assert (of.pairs, of.alone_before, of.alone_after) == ((), (0, 1), (0, 1, 2))


def test_every_real_token_is_paired_once_or_alone_and_each_pair_spells_the_same():
    random = np.random.default_rng(3)
    vocabulary = ["a", "b", "##b", "ab", "##a", ",", "[MASK]", "[UNK]", "我", "我·1/2", "我·2/2", "é", "E", "[SEP]"]
    for _try in range(300):
        a, b = (" ".join(random.choice(vocabulary, size=n)) for n in random.integers(1, 12, size=2))
        of = aligned(a, b)
        for side, text in enumerate((a, b)):
            paired = [at for pair in of.pairs for at in (pair.before, pair.after)[side]]
            assert sorted([*paired, *(of.alone_before, of.alone_after)[side]]) == list(range(len(text.split()))), (a, b)
        in_place = [pair for pair in of.pairs if pair.how == "token"]
        assert all(a.split()[p.before[0]] == b.split()[p.after[0]] for p in in_place)


def longest(a: list[int], b: list[int]) -> int:
    """Give the length of the longest common subsequence by trying all of ``a``'s, longest first."""
    for n in range(len(a), 0, -1):
        for kept in itertools.combinations(a, n):
            left = iter(b)
            if all(number in left for number in kept):
                return n
    return 0


def test_the_subsequence_is_as_long_as_any_and_in_order():
    random = np.random.default_rng(1)
    for _try in range(300):
        a, b = (random.integers(0, 4, size=n) for n in random.integers(0, 9, size=2))
        found = longest_common(a, b)
        assert len(found) == longest(a.tolist(), b.tolist()), (a, b)
        assert all(a[i] == b[j] for i, j in found)
        assert all(i < k and j < m for (i, j), (k, m) in itertools.pairwise(found))
