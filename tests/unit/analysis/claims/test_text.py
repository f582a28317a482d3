"""Marked sentences are read, templates filled, and the ready examples are what they say."""

import pytest

from viz.analysis.claims.templates import fill_template, read_lists
from viz.analysis.claims.text import READY, marked, read_sentences
from viz.errors import NoSentences, TooManySentences, WrongMarks, WrongTemplate


def read_one(line: str) -> tuple[str, str, str]:
    (sentence,) = read_sentences(line)
    return sentence.text, sentence.query_word, sentence.key_word


def test_marks_are_read_and_taken_off():
    for line, expected in [
        ("The turtle _moves_ *slow*.", ("The turtle moves slow.", "slow", "moves")),
        ("*Slow* it _moves_", ("Slow it moves", "Slow", "moves")),
        ("_New York_ is *big*", ("New York is big", "big", "New York")),
        (r"2 \* 3 \* 4 _is_ *so*", ("2 * 3 * 4 is so", "so", "is")),
        ("2 * 3 * 4 _is_ *so*", ("2 * 3 * 4 is so", "so", "is")),
        ("my snake_case_name _is_ *so*", ("my snake_case_name is so", "so", "is")),
        (r"\_a\_ _is_ *so* \\", ("_a_ is so \\", "so", "is")),
        ("我们 *今天* _去_ 北京", ("我们 今天 去 北京", "今天", "去")),
        ("un*kind*ly _done_", ("unkindly done", "kind", "done")),
    ]:
        assert read_one(line) == expected, line


def test_a_sentence_is_written_as_it_was_read():
    for line in ["The turtle _moves_ *slow*.", r"\_a\_ _is_ *so* \\ \*", "*Slow* it _moves_"]:
        (sentence,) = read_sentences(line)
        assert read_sentences(marked(sentence)) == (sentence,), line


def test_empty_lines_remarks_and_repetitions_do_not_count():
    text = "\ufeff# adverbs\r\n\r\nIt _moves_ *slow*.\r\n  It _moves_ *slow*.  \nIt *moves* _slow_.\n"
    assert [marked(s) for s in read_sentences(text)] == ["It _moves_ *slow*.", "It *moves* _slow_."]


def test_wrong_marks_are_refused_with_the_number_of_the_line():
    for line, n_queries, n_keys in [
        ("nothing here", 0, 0),
        ("*a* b", 1, 0),
        ("_a_ b", 0, 1),
        ("*a* *b* _c_", 2, 1),
        ("*a* _b_ _c_", 1, 2),
        (r"\*a* _b_", 0, 1),
    ]:
        with pytest.raises(WrongMarks) as caught:
            read_sentences(f"It _moves_ *slow*.\n\n{line}")
            pytest.fail(f"{line!r} was read")
        assert caught.value.values == {"number": 3, "n_queries": n_queries, "n_keys": n_keys, "line": line}, line


def test_a_text_without_sentences_and_one_with_too_many_are_refused():
    with pytest.raises(NoSentences, match="The turtle _moves_"):
        read_sentences("\n# only this\n")
    with pytest.raises(TooManySentences, match="201 sentences; at most 200"):
        read_sentences("It _moves_ *slow*.\n" * 201)


def test_a_template_makes_every_sentence_in_the_order_of_the_lists():
    lists = read_lists("animal: turtle, dog\n\n{adverb}: slow , fast,slow\n")
    assert fill_template("The {animal} _moves_ *{adverb}*.", lists) == [
        "The turtle _moves_ *slow*.",
        "The turtle _moves_ *fast*.",
        "The dog _moves_ *slow*.",
        "The dog _moves_ *fast*.",
    ]


def test_a_template_of_two_lines_makes_pairs_with_the_order_swapped():
    made = fill_template("The {a} _moves_ *{b}*.\nThe {a} *{b}* _moves_.", {"a": ["cat"], "b": ["slow", "fast"]})
    assert made == [
        "The cat _moves_ *slow*.",
        "The cat *slow* _moves_.",
        "The cat _moves_ *fast*.",
        "The cat *fast* _moves_.",
    ]


def test_some_of_too_many_are_drawn_by_a_seed_and_keep_their_order():
    lists = {
        "a": [f"a{i}" for i in range(1000)],
        "b": [f"b{i}" for i in range(1000)],
        "c": [f"c{i}" for i in range(1000)],
    }
    drawn = fill_template("{a} {b} *{c}* _x_", lists, n=30, seed=4)
    assert len(set(drawn)) == 30
    assert drawn == fill_template("{a} {b} *{c}* _x_", lists, n=30, seed=4)
    assert drawn != fill_template("{a} {b} *{c}* _x_", lists, n=30, seed=5)
    places = [[int(word.strip("abc*")) for word in line.split()[:3]] for line in drawn]
    assert places == sorted(places)


def test_a_word_of_a_list_marks_nothing():
    (line,) = fill_template("{a} *is* _so_", {"a": ["*x*_"]})
    assert read_one(line) == ("*x*_ is so", "is", "so")


def test_a_template_that_does_not_fit_its_lists_is_refused():
    for template, lists, said in [
        ("The turtle.", {}, "the template has no {slot}."),
        ("The {a}.", {}, "'a' has no list."),
        ("The {a}.", {"a": []}, "'a' has no list."),
        ("The {a}.", {"a": ["x"], "b": ["y"]}, "'b' does not stand in the template."),
    ]:
        with pytest.raises(WrongTemplate) as caught:
            fill_template(template, lists)
            pytest.fail(f"{template!r} was filled with {lists}")
        assert str(caught.value.values["reason"]) == said, template


def test_a_line_that_is_no_list_is_refused():
    for line in ["turtle, dog", "animal:", "animal: , "]:
        with pytest.raises(WrongTemplate, match="is no list"):
            read_lists(line)
            pytest.fail(f"{line!r} was read")


def test_more_than_fifty_sentences_are_not_filled():
    with pytest.raises(TooManySentences, match="51 sentences; at most 50"):
        fill_template("{a}", {"a": ["x"]}, n=51)


def test_a_ready_example_has_six_to_ten_sentences_that_no_position_explains():
    for example in READY:
        sentences = read_sentences(example.text)
        assert 6 <= len(sentences) <= 10, example.name
        apart = []
        for sentence in sentences:
            between = sentence.text[min(sentence.query[1], sentence.key[1]) : max(sentence.query[0], sentence.key[0])]
            n_words = len(between.split()) + 1
            apart.append(-n_words if sentence.key_first else n_words)
        assert max(apart.count(offset) for offset in apart) <= len(apart) / 2, example.name


def test_the_adverbs_come_in_both_orders():
    (adverb,) = [example for example in READY if example.name == "adverb"]
    orders = [sentence.key_first for sentence in read_sentences(adverb.text)]
    assert orders == [True, False] * 5
