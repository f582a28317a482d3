"""Every word on screen can be translated, every catalogue says it all, and numbers follow the language."""

import ast
import io
import re
import string
from itertools import chain

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tests import catalogues
from tests.conftest import REPOSITORY
from viz import errors, text

FILES = sorted([REPOSITORY / "app.py", *(REPOSITORY / "viz").rglob("*.py"), *(REPOSITORY / "pages").rglob("*.py")])
TREES = {str(file.relative_to(REPOSITORY)): ast.parse(file.read_text()) for file in FILES}
TRANSLATORS = {"_": 1, "N_": 1, "Reason": 1, "ngettext": 2}  # how many of the first arguments are messages
# ``text`` itself translates what was marked elsewhere.
HANDED_ON = {"viz/text.py": ["_(message)", "_(error.template)"]}


def forms_of(message) -> tuple[str, ...]:
    """Give a message's forms; one without a plural has one."""
    return message if isinstance(message, tuple) else (message,)


def placeholders(form: str) -> list[tuple]:
    """List the fields of a template, with their formats, in any order."""
    return sorted(
        (field, spec) for _text, field, spec, _conversion in string.Formatter().parse(form) if field is not None
    )


def messages() -> list[str | tuple[str, str]]:
    """List every message a catalogue needs: a string, or (singular, plural)."""
    return [message.id for message in catalogues.template() if message.id]


# The messages of the code


def hidden(tree: ast.AST) -> list[str]:
    """List the calls whose message Babel would not read whole: put together, or inside an f-string."""
    in_f_string = {id(call) for f in ast.walk(tree) if isinstance(f, ast.JoinedStr) for call in ast.walk(f)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) in TRANSLATORS]
    return [ast.unparse(call) for call in calls if id(call) in in_f_string or not written_out(call)]


def called(call: ast.Call) -> str:
    return ast.unparse(call.func).removeprefix("text.").removeprefix("errors.")


def written_out(call: ast.Call) -> bool:
    arguments = call.args[: TRANSLATORS[called(call)]]
    return all(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in arguments)


def raw_reasons(tree: ast.AST) -> list[str]:
    """List what is given as ``reason=`` without being a ``Reason``."""
    keywords = [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "reason"]
    values = [keyword.value for keyword in keywords]
    return [ast.unparse(v) for v in values if not (isinstance(v, ast.Call) and called(v) == "Reason")]


def test_every_message_is_written_out_where_it_is_translated():
    found = {name: calls for name, tree in TREES.items() if (calls := hidden(tree))}
    assert found == HANDED_ON


def test_a_message_that_is_put_together_would_be_found():
    hiding = ["_(f'{n} heads')", "_('a' + b)", "_(name)", "text._(name)", "ngettext('one', many, n)", "Reason(why)"]
    plain = ["text._('fine')", "N_('fine')", "ngettext('one', 'many', n)", "Reason('{a}', a=b)", "_('a' 'b')"]
    assert hidden(ast.parse("\n".join(hiding + plain))) == hiding
    assert hidden(ast.parse("f'{_(\"in an f-string\")}'")) == ["_('in an f-string')"]


def quoting(tree: ast.AST) -> list[str]:
    """List the f-strings that put English quotation marks around something; other languages have others."""
    return [ast.unparse(f) for f in ast.walk(tree) if isinstance(f, ast.JoinedStr) and set("“”") & set(ast.unparse(f))]


def test_quotation_marks_stand_in_messages():
    assert {name: found for name, tree in TREES.items() if (found := quoting(tree))} == {}
    assert len(quoting(ast.parse("f'“{word}”'; f'{word}'; _('“{word}”').format(word=word)"))) == 1


def test_every_reason_is_a_message():
    assert {name: raw for name, tree in TREES.items() if (raw := raw_reasons(tree))} == {}


def test_a_reason_that_is_no_message_would_be_found():
    raw = ["'it is empty'", "f'it is {n}'", "_('it is empty')", "str(error)"]
    source = "\n".join(f"raise NotARun(reason={value})" for value in [*raw, "Reason('it is empty')"])
    assert raw_reasons(ast.parse(source)) == raw


def test_babel_finds_messages_of_every_kind():
    plural = ("{n} empty line was dropped.", "{n} empty lines were dropped.")
    some = ["Masked word", "it has no {entries}.", "bits", plural]
    assert [message for message in some if message not in messages()] == []


def test_the_template_of_every_error_is_a_message():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.VizError)]
    assert [kind for kind in kinds if kind.template not in messages()] == []


def test_a_message_has_only_named_placeholders_and_no_stray_space():
    forms = list(chain.from_iterable(map(forms_of, messages())))
    assert [form for form in forms if not form or form != form.strip()] == []
    fields = [(form, field) for form in forms for field, _spec in placeholders(form)]
    assert [(form, field) for form, field in fields if not re.fullmatch(r"[a-z][a-z_]*", field)] == []


def test_singular_and_plural_of_a_message_have_the_same_placeholders():
    plurals = [message for message in messages() if isinstance(message, tuple)]
    assert plurals
    assert [(one, many) for one, many in plurals if placeholders(one) != placeholders(many)] == []


# The catalogues


def faults(catalogue: Catalog, wanted: list[str | tuple[str, str]]) -> list[str]:
    """List what is wrong with a catalogue: messages missing or no longer in the code, placeholders lost."""
    translated = {m.id: forms_of(m.string) for m in catalogue if m.id and not m.fuzzy and all(forms_of(m.string))}
    said = [f"missing: {message}" for message in wanted if message not in translated]
    said += [f"not in the code: {message}" for message in translated if message not in wanted]
    for message, forms in translated.items():
        allowed = [placeholders(form) for form in forms_of(message)]
        said += [f"placeholders: {form}" for form in forms if placeholders(form) not in allowed]
        said += [f"empty: {message}" for form in forms if not form.strip()]
    return said


def test_a_catalogue_says_every_message_and_no_other_and_keeps_every_placeholder():
    found = {file: faults(catalogues.read(file), messages()) for file in text.LOCALE_FOLDER.rglob("*.po")}
    assert {file: said for file, said in found.items() if said} == {}


def test_a_catalogue_is_compiled_from_the_text_beside_it():
    stale = []
    for file in text.LOCALE_FOLDER.rglob("*.mo"):
        write_mo(compiled := io.BytesIO(), catalogues.read(file.with_suffix(".po")))
        if compiled.getvalue() != file.read_bytes():
            stale.append(file)
    assert stale == []


def test_every_fault_of_a_catalogue_would_be_found():
    wanted = ["Layer", "Head", "{n} bits", "Rank", ("{n} head", "{n} heads")]
    catalogue = Catalog("ru")
    catalogue.add("Head", "Голова", flags=["fuzzy"])
    catalogue.add("{n} bits", "биты")
    catalogue.add("Rank", " ")
    catalogue.add("Query", "Запрос")
    catalogue.add(("{n} head", "{n} heads"), ("{n} голова", "{n} головы", "{m} голов"))
    assert faults(catalogue, wanted) == [
        "missing: Layer",
        "missing: Head",
        "not in the code: Query",
        "placeholders: биты",
        "empty: Rank",
        "placeholders: {m} голов",
    ]


def test_a_new_language_is_only_a_folder(speak, tmp_path):
    pot = tmp_path / "headlight.pot"
    catalogues.pybabel("extract", "-F", REPOSITORY / "pyproject.toml", "-o", pot, REPOSITORY)
    catalogues.pybabel("init", "--domain", text.DOMAIN, "-i", pot, "-d", tmp_path, "-l", "ru")
    file = tmp_path / "ru" / "LC_MESSAGES" / "headlight.po"
    catalogue = catalogues.read(file)
    for message in catalogue:
        if message.id:
            message.string = tuple(f"«{form}»" for form in forms_of(message.id) for _twice in range(2))[:3]
            message.string = message.string if message.pluralizable else message.string[0]
    assert faults(catalogue, messages()) == []
    with file.with_suffix(".mo").open("wb") as stream:
        write_mo(stream, catalogue)
    assert text.languages() == ["en", "ru"]
    speak("ru")
    assert text._("Masked word") == "«Masked word»"


# The reader's language


def test_english_is_always_there_and_first():
    assert text.languages()[0] == "en"


def test_the_nearest_language_with_a_catalogue_is_spoken(speak, tmp_path):
    catalogues.write(tmp_path, "zh", {})
    catalogues.write(tmp_path, "ru", {})
    assert text.languages() == ["en", "ru", "zh"]
    expected = {"zh-CN": "zh", "zh_TW": "zh", "ZH": "zh", "ru": "ru", "en-GB": "en"}
    expected |= {"fr": "en", "": "en", None: "en", "x": "en"}
    assert {wanted: text.nearest_language(wanted) for wanted in expected} == expected


def test_a_language_without_a_catalogue_is_answered_in_english(speak):
    assert text.nearest_language("zh-CN") == "en"
    speak("zh")
    assert text._("Layer") == "Layer"
    assert text.ngettext("{n} head", "{n} heads", 2) == "{n} heads"


def test_the_language_is_asked_at_every_look_up(speak, tmp_path):
    catalogues.write(tmp_path, "ru", {"Layer": "Слой"})
    catalogues.write(tmp_path, "zh", {"Layer": "层"})
    said = []
    for language in ("ru", "zh", "en"):
        speak(language)
        said.append(text._("Layer"))
    assert said == ["Слой", "层", "Layer"]


def test_a_message_marked_elsewhere_is_translated_too(speak, tmp_path):
    catalogues.write(tmp_path, "ru", {"bits": "биты"})
    speak("ru")
    assert [text.translated("bits"), text.translated("tokens")] == ["биты", "tokens"]


def test_nothing_said_is_nothing_in_every_language(speak, tmp_path):
    catalogues.write(tmp_path, "ru", {"Layer": "Слой"})
    speak("ru")
    assert (text._(""), text.translated("")) == ("", "")


def test_a_message_the_catalogue_lacks_is_said_in_english(speak, tmp_path):
    catalogues.write(tmp_path, "ru", {"Layer": "Слой"})
    speak("ru")
    assert text._("Head") == "Head"


MO = (b"garbage", b"", b"\xde\x12\x04\x95", b"\xde\x12\x04\x95" + b"\xff" * 60)


def broken(folder, language: str, change) -> None:
    """Write a catalogue of two messages, and change its bytes."""
    catalogues.write(folder, language, {"Masked word": "Слово под маской", "Layer": "Слой"})
    file = folder / language / "LC_MESSAGES" / "headlight.mo"
    file.write_bytes(change(file.read_bytes()))


@pytest.mark.parametrize(
    "change",
    [
        *(lambda _whole, bytes_=bytes_: bytes_ for bytes_ in MO),
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole.replace(b"charset=utf-8", b"charset=utf-9"),
        lambda whole: whole.replace("Слой".encode(), b"\xff\xfe" * 4),
        lambda whole: whole.replace(b"plural=(", b"plural=)"),
    ],
)
def test_a_catalogue_that_is_broken_leaves_english_and_a_line_in_the_log(change, speak, tmp_path, caplog):
    broken(tmp_path, "ru", change)
    speak("ru")
    assert [text._("Masked word"), text._("Layer"), text.ngettext("{n} head", "{n} heads", 2).format(n=2)] == [
        "Masked word",
        "Layer",
        "2 heads",
    ]
    (line,) = caplog.records
    assert line.getMessage().startswith("ru: no catalogue that can be read")


def test_a_catalogue_that_is_whole_says_nothing_in_the_log(speak, tmp_path, caplog):
    broken(tmp_path, "ru", lambda whole: whole)
    speak("ru")
    assert (text._("Layer"), caplog.records) == ("Слой", [])


@pytest.mark.parametrize("said", ["{m} бит", "бит", "{n} бит {m}", "{n:,} бит", "{n", "{n} }", "{} бит", "{n!r} бит"])
def test_a_translation_with_other_placeholders_stays_english_and_is_said_once(said, speak, tmp_path, caplog):
    catalogues.write(tmp_path, "ru", {"{n} bits": said, "Layer": "Слой"})
    speak("ru")
    assert [text._("{n} bits").format(n=3) for _twice in range(2)] == ["3 bits", "3 bits"]
    assert text._("Layer") == "Слой"
    (line,) = caplog.records
    assert line.getMessage().startswith("ru: other placeholders")


def test_a_plural_form_with_other_placeholders_stays_english(speak, tmp_path, caplog):
    catalogues.write(tmp_path, "ru", {("{n} head", "{n} heads"): ("{n} голова", "{m} головы", "{n} голов")})
    speak("ru")
    said = [text.ngettext("{n} head", "{n} heads", n).format(n=n) for n in (1, 2, 5)]
    assert said == ["1 голова", "2 heads", "5 голов"]
    assert len(caplog.records) == 1


def test_russian_has_three_forms_of_a_number(speak, tmp_path):
    forms = ("{n} голова", "{n} головы", "{n} голов")
    catalogues.write(tmp_path, "ru", {("{n} head", "{n} heads"): forms})
    speak("ru")
    said = [text.ngettext("{n} head", "{n} heads", n).format(n=n) for n in (0, 1, 2, 5, 11, 21, 24, 112)]
    assert said == [
        *("0 голов", "1 голова", "2 головы", "5 голов"),
        *("11 голов", "21 голова", "24 головы", "112 голов"),
    ]


def test_english_has_two_forms_of_a_number():
    said = [text.ngettext("{n} head", "{n} heads", n).format(n=n) for n in (0, 1, 2)]
    assert said == ["0 heads", "1 head", "2 heads"]


def test_the_real_catalogues_are_opened_once_each():
    assert text.catalogue("en") is text.catalogue("en")


def test_sentences_stand_behind_each_other_as_a_language_writes_them(speak):
    assert text.in_a_row("One.", "", "Two.") == "One. Two."
    speak("zh")
    assert text.in_a_row("一。", "", "二。") == "一。二。"


# Numbers


def test_numbers_that_fill_a_message_follow_the_readers_language(speak, tmp_path):
    english = "{head}: {share:.1%} of {n:,}, {change:+.2f}, {p:.1e}, {count}"
    catalogues.write(tmp_path, "ru", {english: "{head}: {share:.1%} из {n:,}, {change:+.2f}, {p:.1e}, {count}"})
    values = {"head": "L3.H10", "share": 0.1234, "n": 30522, "change": -0.5, "p": 3e-9, "count": 1234}
    assert text._(english).format(**values) == "L3.H10: 12.3% of 30,522, -0.50, 3.0e-09, 1234"
    speak("ru")
    assert text._(english).format(**values) == "L3.H10: 12,3\xa0% из 30\xa0522, -0,50, 3.0e-09, 1234"


def test_a_number_of_more_digits_than_a_float_knows_is_written_with_its_exponent(speak):
    huge = -3.4028234663852886e38  # the lowest float32, which masks add
    for language in ("en", "zh", "ru"):
        speak(language)
        assert (text.number(huge, 4), text.number(1e16, 0, signed=True)) == ("-3.4028e+38", "+1e+16")
    assert text.number(9_999_999_999_999_998, 0) == "9\xa0999\xa0999\xa0999\xa0999\xa0998"


def test_numbers_that_fill_a_plural_follow_the_readers_language(speak):
    speak("de")
    assert text.ngettext("{n:,} head", "{n:,} heads", 1234).format(n=1234) == "1.234 heads"


def test_numbers_outside_of_messages_follow_the_readers_language(speak):
    said = {}
    for language in ("en", "ru"):
        speak(language)
        said[language] = [text.number(1234), text.number(0.868, 2), text.number(0.12, 1, signed=True)]
        said[language] += [text.percent(0.123, 1), text.percent(1)]
    assert said["en"] == ["1,234", "0.87", "+0.1", "12.3%", "100%"]
    assert said["ru"] == ["1\xa0234", "0,87", "+0,1", "12,3\xa0%", "100\xa0%"]
