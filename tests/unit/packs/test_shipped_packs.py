"""The packs that ship are complete, say the same in each language, and name no number that no question holds."""

import re
from itertools import chain

import pytest
from pydantic import BaseModel

from tests.conftest import REPOSITORY
from viz.packs import answer_kinds, schema, shelf
from viz.packs.reading import read

FILES = sorted(shelf.FOLDER.glob("*.yaml"))
LANGUAGES = ("en", "zh", "ru")
PACKS = {file.stem: read(file.read_bytes(), file.name) for file in FILES}  # padding-matters.en
PROSE = ("title", "about", "prose", "label", "ask", "hint", "because", "language")
SCRIPTS = {"zh": re.compile(r"[\u4e00-\u9fff]"), "ru": re.compile(r"[\u0400-\u04ff]")}
# Words that the field does not use for what the glossary has another one for.
STRANGE = {
    "zh": re.compile("遮罩|注意头|补齐符|查询者|批量"),
    "ru": re.compile("паддинг|хед[аыу ]|аттеншн|батчинг", re.IGNORECASE),
}
CODE, WORD = re.compile(r"`([^`]+)`"), re.compile(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])")
NUMBER = re.compile(r"(?<![\w./-])(\d+(?:[.,]\d+)?)(?=\s?%)|(?<![\w./-])(\d+[.,]\d+)(?!\w)")


def texts_of(part: BaseModel) -> dict[str, str]:
    """Give every prose of a pack by its place, as ``parts 0 questions 1 ask``."""
    found = {}

    def walk(value: object, place: str):
        if isinstance(value, dict):
            for key, inside in value.items():
                here = f"{place} {key}".strip()
                if key in PROSE and isinstance(inside, str) and key != "language":
                    found[here] = inside
                else:
                    walk(inside, here)
        elif isinstance(value, list | tuple):
            for at, inside in enumerate(value):
                walk(inside, f"{place} {at}")

    walk(part.model_dump(), "")
    return found


def without_prose(value: object) -> object:
    """Leave of a pack what must be the same in every language."""
    if isinstance(value, dict):
        return {
            key: None if key in PROSE and inside is not None else without_prose(inside) for key, inside in value.items()
        }
    return [without_prose(inside) for inside in value] if isinstance(value, list | tuple) else value


def held_numbers(pack: schema.Pack) -> set[float]:
    """Give the numbers that a question of the pack is about."""
    numbers: set[float] = {100.0}  # a whole
    for question in pack.questions:
        if isinstance(question, schema.NumberQuestion) and question.expected is not None:
            numbers.add(float(question.expected))
        if isinstance(question.answer, answer_kinds.InTraining):
            numbers.add(100 * question.answer.masked_share)
    return numbers


def test_five_packs_ship_in_each_language():
    assert {file.name for file in FILES} == {f"{name}.{of}.yaml" for name in shelf.SHIPPED for of in LANGUAGES}
    for stem, pack in PACKS.items():
        assert stem == f"{pack.pack}.{pack.language}"
    for name in shelf.SHIPPED:
        for language in LANGUAGES:
            assert shelf.find(name, language).pack.language == language


@pytest.mark.parametrize("name", shelf.SHIPPED)
def test_a_pack_says_the_same_in_each_language(name):
    english = PACKS[f"{name}.en"]
    for language in ("zh", "ru"):
        other = PACKS[f"{name}.{language}"]
        assert without_prose(other.model_dump()) == without_prose(english.model_dump())
        said, told = texts_of(english), texts_of(other)
        assert told.keys() == said.keys()
        for place, text in told.items():
            assert SCRIPTS[language].search(text), place
            assert set(CODE.findall(text)) == set(CODE.findall(said[place])), place


@pytest.mark.parametrize("name", shelf.SHIPPED)
def test_a_pack_is_a_lesson(name):
    pack = PACKS[f"{name}.en"]
    assert 15 <= pack.minutes <= 45
    assert {question.kind for question in pack.questions} == {"word", "head", "number"}
    for part in pack.parts:
        assert part.questions, part.title
        assert (
            part.show is None
            or part.show.map == "after"
            or any(isinstance(question.answer, answer_kinds.Cell) for question in part.questions)
        )
    assert sum(question.hint is not None for question in pack.questions) >= len(pack.questions) // 3
    assert sum(question.because is not None for question in pack.questions) >= len(pack.questions) // 2
    assert any(isinstance(question.answer, answer_kinds.OpenAnswer) for question in pack.questions)


@pytest.mark.parametrize("name", shelf.SHIPPED)
def test_every_question_that_a_number_decides_says_what_its_author_expects(name):
    for question in PACKS[f"{name}.en"].questions:
        decided = not isinstance(question.answer, answer_kinds.OpenAnswer | answer_kinds.ClaimAnswer)
        assert (question.expected is not None) == decided, question.id


@pytest.mark.parametrize("stem", PACKS)
def test_prose_names_no_number_that_no_question_holds(stem):
    held = held_numbers(PACKS[stem])
    for place, text in texts_of(PACKS[stem]).items():
        for number in filter(None, chain.from_iterable(NUMBER.findall(text))):
            assert float(number.replace(",", ".")) in held, (place, number)


@pytest.mark.parametrize("stem", [stem for stem in PACKS if not stem.endswith(".en")])
def test_a_translation_uses_the_words_of_the_field_and_says_why_the_examples_are_english(stem):
    pack = PACKS[stem]
    for place, text in texts_of(pack).items():
        assert not STRANGE[pack.language].search(text), place
    assert re.search("英文|английск", pack.about, re.IGNORECASE)


def test_the_exercise_is_whole():
    pack = PACKS["what-a-head-looks-at.en"]
    kinds = [type(question.answer) for question in pack.questions]
    assert kinds.count(answer_kinds.Prediction) == 2
    assert kinds.count(answer_kinds.ClaimAnswer) == 2
    assert kinds.count(answer_kinds.LookingHead) >= 2
    for said in ("CS50-AI", "analysis.md", "Attention_Layer4_Head11.png"):
        assert any(said in text for text in texts_of(pack).values())


@pytest.mark.parametrize("stem", PACKS)
def test_links_lead_to_pages_that_are_there(stem):
    for part in PACKS[stem].parts:
        for link in part.links:
            assert (REPOSITORY / "pages" / link.page / "page.py").is_file()
