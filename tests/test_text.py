"""Messages and numbers follow the reader's language; without a whole catalogue they are English."""

import pytest

from tests import catalogues
from viz import text


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
