"""A pack is read from YAML as it stands there; what is wrong is said with its line."""

import pickle

import pytest

from tests.packs import HEAD, PADDING, PART, pack, question
from viz.packs.errors import PackWrong
from viz.packs.reading import MAX_BYTES, MAX_DEPTH, read
from viz.text import sentence


def problems(data: bytes) -> list[str]:
    with pytest.raises(PackWrong) as refused:
        read(data, "mine.yaml")
    return [sentence(problem.sentence) for problem in refused.value.problems]


def test_a_whole_pack_is_read():
    made = read(pack(), "mine.yaml")
    (part,) = made.parts
    assert (made.pack, made.language, made.title, made.minutes) == ("try-it", "en", "A try", 15)
    assert part.show is not None
    assert part.show.texts == ("The turtle moved slowly across the [MASK].", "The [MASK] sat.")
    assert (part.show.head, part.show.text, part.show.map, part.show.padding_side) == (
        "Layer4_Head11",
        1,
        "after",
        "right",
    )
    assert part.links[0].values == {"text": "The cat sat."}
    (asked,) = made.questions
    assert (asked.id, asked.kind, asked.expected, asked.answer.of) == ("padding", "number", 4, "padding")
    assert made.part_of("padding") is part


def test_what_windows_puts_in_front_of_a_file_does_not_matter():
    assert read(b"\xef\xbb\xbf" + pack().replace(b"\n", b"\r\n"), "mine.yaml") == read(pack(), "mine.yaml")


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("pack: try-it", "pack: Try It", "Line 1, pack: 'Try It' is not written as it must be: ^[a-z0-9]"),
        ("minutes: 15", "minutes: 999", "Line 4, minutes: 999 is too large; the most is 300."),
        ("minutes: 15", "minutes: soon", "Line 4, minutes: 'soon' is not of the type that stands here: int."),
        ("minutes: 15\n", "", "Line 1: 'minutes' is missing."),
        ("minutes: 15", "minutes: 15\ncolour: red", "Line 5, colour: 'colour' is not known here."),
        ("kind: number", "kind: picture", "Line 20, parts 1 questions 1: 'picture' is not known; allowed: 'word', "),
        (
            "of: padding",
            "of: rainbow",
            "Line 23, parts 1 questions 1 answer: 'rainbow' is not known; allowed: 'open', ",
        ),
        ("of: padding, text: 2", "of: padding, text: 3", "is about text 3, but the number of texts is 2."),
        ("of: padding, text: 2", "of: padding, text: 99", "Line 23, parts 1 questions 1 answer text: 99 is too large"),
        ("is: 4", "is: 4\n    is: 5", "Line 25: 'is' stands here twice."),
        ("is: 4", "is: four", "Line 24, parts 1 questions 1 is: 'four' is not of the type that stands here: float."),
        ("head: Layer4_Head11", "head: L3H10", "Line 14, parts 1 show head: 'L3H10' is not written as it must be"),
        ("head: Layer4_Head11", "text: 3", "Line 10, parts 1 show: 'text' is 3, but the number of texts is 2."),
        ("prose: Look at *both*.", "prose: ''", "Line 9, parts 1 prose: this is too short; the least number of"),
        ("about: What a batch is.", "about: *here", "Line 6: anchors and aliases (& and *) are not read"),
        ("about: What a batch is.", "about: &here it", "Line 6: anchors and aliases (& and *) are not read"),
        ("about: What a batch is.", "about: [it", "this is no YAML: expected ',' or ']'"),
        ("about: What a batch is.", "about: \x07", "this is no YAML: "),
        ("about: What a batch is.", "? [a, b]\n: it", "Line 6: a key must be a word."),
        (
            "about: What a batch is.",
            "about: !!python/object/apply:os.getcwd []",
            "Line 6, about: '()' is not of the type",
        ),
        ("about: What a batch is.", "about: !mine it", "Line 6: the tag !mine is not read."),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old, new, said):
    text = pack().decode()
    assert old in text
    found = problems(text.replace(old, new).encode())
    assert len(found) == 1
    assert said in found[0]


def test_all_problems_are_said_in_the_order_of_their_lines():
    text = pack().decode().replace("minutes: 15", "minutes: 999").replace("is: 4", "is: four")
    assert [said.split(",")[0] for said in problems(text.encode())] == ["Line 4", "Line 24"]


def test_two_questions_of_one_id_are_refused():
    assert problems(pack(PADDING, PADDING)) == ["Line 1: two questions have the id 'padding'."]


def test_a_question_about_texts_needs_texts():
    part = "- title: Nothing is run\n  prose: Think.\n  questions:\n"
    (said,) = problems(pack(part=part))
    assert "question 'padding' is about texts, but its part has no 'show'." in said
    assert read(pack(question("word", "{of: open}"), part=part), "mine.yaml").questions[0].answer.of == "open"


def test_a_pack_without_a_question_is_no_lesson():
    data = (HEAD + PART.replace("  questions:\n", "")).encode()
    assert problems(data) == ["Line 1: there is no question in any part."]


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "Line 1: a pack begins with lines such as 'pack: my-lesson'"),
        (b"- 1\n- 2\n", "Line 1: a pack begins with lines such as 'pack: my-lesson'"),
        (b"pack: x\n\xff\xfe", "Line 2: this is no text in UTF-8."),
        (b"# " + b"x" * MAX_BYTES, f"Line 1: it has {MAX_BYTES + 2:,} bytes, and a pack may have {MAX_BYTES:,}."),
        (b"a: " + b"[" * (MAX_DEPTH + 1), "Line 1: it is nested deeper than a pack can be."),
        (b"[" * 200_000, "Line 1: it is nested deeper than a pack can be."),
    ],
)
def test_what_is_no_pack_is_refused(data, said):
    assert problems(data)[0].startswith(said)


def test_numbers_and_words_are_read_as_yaml_has_them():
    answer = "{of: softmax, scores: [1, 2.5, -3], hidden: [3], key: 1, fill: -1e4}"
    (asked,) = read(pack(question("number", answer, "percent: yes\nwithin: 1\n")), "mine.yaml").questions
    assert (asked.answer.scores, asked.answer.fill, asked.percent, asked.within) == ((1, 2.5, -3), -1e4, True, 1)
    (quoted,) = read(pack(question("word", "{of: prediction}", "is: '1e4'\n")), "mine.yaml").questions
    assert quoted.expected == "1e4"


def test_the_refusal_survives_a_process_border():
    with pytest.raises(PackWrong) as refused:
        read(b"pack: x", "mine.yaml")
    again = pickle.loads(pickle.dumps(refused.value))
    assert str(again) == str(refused.value)
    assert len(again.problems) == len(refused.value.problems)
