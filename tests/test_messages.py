"""Every word on screen can be translated, and every catalogue says it all."""

import ast
import io
import re
import string
from itertools import chain

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
