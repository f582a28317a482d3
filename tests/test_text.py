"""Every word on screen can be translated, and every catalogue says it all."""

import ast
import gettext
import re
import string

import pytest

from tests.conftest import REPOSITORY
from tests.mo import write_catalogue
from viz import text

FILES = sorted([REPOSITORY / "app.py", *(REPOSITORY / "viz").rglob("*.py"), *(REPOSITORY / "pages").rglob("*.py")])
TRANSLATORS = {"_": 1, "N_": 1, "ngettext": 2}  # how many of the first arguments are messages
LANGUAGES = [language for language in text.languages() if language != "en"]

# The rule of Russian: 1, 21, 31 ...; 2-4, 22-24 ...; the rest, 11-14 among it.
RUSSIAN_FORMS = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"


@pytest.fixture
def speaking(monkeypatch, tmp_path):
    """Give a function that sets the language, and read catalogues from a folder of the test."""
    monkeypatch.setattr(text, "LOCALE_FOLDER", tmp_path)
    monkeypatch.setattr(
        text, "catalogue", lambda language: gettext.translation("headlight", tmp_path, [language], fallback=True)
    )
    yield lambda language: text.read_language_from(lambda: language)
    text.read_language_from(lambda: "en")


def calls(tree: ast.AST) -> list[ast.Call]:
    """Find the calls of the translating functions, also as ``text._``."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in found if called(call) in TRANSLATORS]


def called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr if isinstance(call.func.value, ast.Name) and call.func.value.id == "text" else ""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def literals(call: ast.Call) -> list[str | None]:
    """Give a call's messages; None where one is not written out in place."""
    arguments = call.args[: TRANSLATORS[called(call)]]
    return [a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else None for a in arguments]


def placeholders(message: str) -> list[tuple]:
    """List the fields of a template, with their formats, in any order."""
    return sorted(
        (field, spec) for _text, field, spec, _conversion in string.Formatter().parse(message) if field is not None
    )


def messages_in_code() -> set[str | tuple[str, str]]:
    """Collect every message a catalogue needs: a string, or (singular, plural)."""
    found = set()
    for file in FILES:
        for call in calls(ast.parse(file.read_text())):
            if file.name == "text.py" and None in literals(call):
                continue  # ``sentence`` translates the templates of errors, which N_ marks
            values = literals(call)
            found.add(values[0] if len(values) == 1 else tuple(values))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_every_message_is_written_out_where_it_is_translated(file):
    allowed = ["error.template"] if file == REPOSITORY / "viz" / "text.py" else []
    hidden = [ast.unparse(call.args[0]) for call in calls(ast.parse(file.read_text())) if None in literals(call)]
    assert hidden == allowed


def test_a_message_that_is_put_together_would_be_found():
    tree = ast.parse("_(f'{n} heads'); _('a' + b); _(name); text._('fine'); ngettext('one', many, n); N_('fine')")
    assert [None in literals(call) for call in calls(tree)] == [True, True, True, False, True, False]


@pytest.mark.parametrize("message", sorted(messages_in_code(), key=str), ids=str)
def test_a_message_has_only_named_placeholders_and_no_stray_space(message):
    for form in (message,) if isinstance(message, str) else message:
        assert form == form.strip()
        assert form
        for field, _format in placeholders(form):
            assert re.fullmatch(r"[a-z][a-z_]*", field), form


@pytest.mark.parametrize("message", sorted((m for m in messages_in_code() if isinstance(m, tuple)), key=str), ids=str)
def test_singular_and_plural_of_a_message_have_the_same_placeholders(message):
    assert placeholders(message[0]) == placeholders(message[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_says_every_message_and_no_other(language):
    known = catalogue_of(language)
    assert {m if isinstance(m, str) else m[0] for m in messages_in_code()} == set(known)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_keeps_every_placeholder(language):
    plurals = {m[0]: m[1] for m in messages_in_code() if isinstance(m, tuple)}
    for message, forms in catalogue_of(language).items():
        for form in forms:
            assert form.strip(), message
            assert placeholders(form) in (placeholders(message), placeholders(plurals.get(message, message))), form


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_compiled_from_the_text_beside_it(language):
    folder = text.LOCALE_FOLDER / language / "LC_MESSAGES"
    source = (folder / f"{text.DOMAIN}.po").read_text(encoding="utf-8")
    # Adjacent quoted lines are one string: joined, every compiled form must stand in the source.
    joined = re.sub(r'"\n"', "", source)
    for message, forms in catalogue_of(language).items():
        for string_ in (message, *forms):
            assert f'"{escaped(string_)}"' in joined, string_


def catalogue_of(language: str) -> dict[str, list[str]]:
    """Read a compiled catalogue: message to its forms, without the header."""
    with (text.LOCALE_FOLDER / language / "LC_MESSAGES" / f"{text.DOMAIN}.mo").open("rb") as file:
        entries = gettext.GNUTranslations(file)._catalog
    forms: dict[str, list[str]] = {}
    for key, translated in entries.items():
        message = key[0] if isinstance(key, tuple) else key
        if message:
            forms.setdefault(message, []).append(translated)
    return forms


def escaped(message: str) -> str:
    return message.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")


def test_english_is_always_there_and_first():
    assert text.languages()[0] == "en"


@pytest.mark.parametrize(
    "wanted, spoken",
    [
        ("zh-CN", "zh"),
        ("zh_TW", "zh"),
        ("ZH", "zh"),
        ("ru", "ru"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
        ("x", "en"),
    ],
)
def test_the_nearest_language_with_a_catalogue_is_spoken(wanted, spoken, speaking, tmp_path):
    write_catalogue(tmp_path, "zh", {})
    write_catalogue(tmp_path, "ru", {})
    assert text.languages() == ["en", "ru", "zh"]
    assert text.nearest_language(wanted) == spoken


def test_a_language_without_a_catalogue_is_answered_in_english(speaking):
    assert text.nearest_language("zh-CN") == "en"
    speaking("zh")
    assert text._("Layer") == "Layer"
    assert text.ngettext("{n} head", "{n} heads", 2) == "{n} heads"


def test_the_language_is_asked_at_every_look_up(speaking, tmp_path):
    write_catalogue(tmp_path, "ru", {"Layer": "Слой"})
    write_catalogue(tmp_path, "zh", {"Layer": "层"})
    said = []
    for language in ("ru", "zh", "en"):
        speaking(language)
        said.append(text._("Layer"))
    assert said == ["Слой", "层", "Layer"]


def test_a_message_marked_elsewhere_is_translated_too(speaking, tmp_path):
    write_catalogue(tmp_path, "ru", {"bits": "биты"})
    speaking("ru")
    assert [text.translated("bits"), text.translated("tokens")] == ["биты", "tokens"]


def test_a_message_the_catalogue_lacks_is_said_in_english(speaking, tmp_path):
    write_catalogue(tmp_path, "ru", {"Layer": "Слой"})
    speaking("ru")
    assert text._("Head") == "Head"


@pytest.mark.parametrize(
    "n, said",
    [
        (0, "голов"),
        (1, "голова"),
        (2, "головы"),
        (5, "голов"),
        (11, "голов"),
        (21, "голова"),
        (24, "головы"),
        (112, "голов"),
    ],
)
def test_russian_has_three_forms_of_a_number(n, said, speaking, tmp_path):
    write_catalogue(
        tmp_path,
        "ru",
        {("{n} head", "{n} heads"): [f"{{n}} {w}" for w in ("голова", "головы", "голов")]},
        RUSSIAN_FORMS,
    )
    speaking("ru")
    assert text.ngettext("{n} head", "{n} heads", n).format(n=n) == f"{n} {said}"


@pytest.mark.parametrize("n, said", [(0, "0 heads"), (1, "1 head"), (2, "2 heads")])
def test_english_has_two_forms_of_a_number(n, said):
    assert text.ngettext("{n} head", "{n} heads", n).format(n=n) == said


def test_the_real_catalogues_are_opened_once_each():
    assert text.catalogue("en") is text.catalogue("en")
