"""Numbers are written as a language does, with Python's digits; English is as Python writes it, without Babel."""

import random
import re
import subprocess
import sys

from tests.conftest import REPOSITORY
from viz.number_format import localised, marks

SPECS = [",", ".0f", ".2f", ",.3f", "+.1f", "+,.2f", ".0%", ".1%", "+.2%", ".2g", ".4g", ".1e"]
LANGUAGES = ["ru", "de", "fr", "hi", "zh", "tr", "ar", "he", "sv"]


def numbers() -> list[float]:
    """Give numbers of all sizes, and some that lie in the middle between two roundings."""
    drawn = random.Random(0)
    return [drawn.uniform(-1, 1) * 10 ** drawn.randint(-8, 7) for _ in range(50)] + [
        0.0,
        -0.0,
        0.125,
        2.675,
        -0.5,
        1.5,
        -3.4028234663852886e38,
        1e300,
    ]


def test_english_is_as_python_writes_it():
    written = [format(number, spec) for number in numbers() for spec in SPECS]
    assert [localised(digits, "en") for digits in written] == written


def test_a_number_is_written_as_its_language_does():
    written = {
        "ru": ["1\xa0234\xa0567,8", "12,3\xa0%", "-0,87", "+0,12", "-3\xa0%"],
        "de": ["1.234.567,8", "12,3\xa0%", "-0,87", "+0,12", "-3\xa0%"],
        "fr": ["1\u202f234\u202f567,8", "12,3\xa0%", "-0,87", "+0,12", "-3\xa0%"],
        "hi": ["12,34,567.8", "12.3%", "-0.87", "+0.12", "-3%"],
        "zh": ["1,234,567.8", "12.3%", "-0.87", "+0.12", "-3%"],
        "tr": ["1.234.567,8", "%12,3", "-0,87", "+0,12", "-%3"],
    }
    english = ["1,234,567.8", "12.3%", "-0.87", "+0.12", "-3%"]
    assert {language: [localised(digits, language) for digits in english] for language in written} == written


def test_digits_are_put_into_groups_only_where_python_did():
    assert [localised(digits, "ru") for digits in ("1234", "1,234", "12345.6")] == ["1234", "1\xa0234", "12345,6"]


def test_every_language_has_the_digits_that_python_rounded_to():
    for language in LANGUAGES:
        for digits in (format(number, spec) for number in numbers() for spec in SPECS):
            assert re.sub(r"[^0-9]", "", localised(digits, language)) == re.sub(r"[^0-9]", "", digits), language


def test_what_is_no_decimal_number_stays_as_it_is():
    for other in ("3.1e-09", "nan", "inf", "-inf", "", "L3H10", "1.", "True", "1/2"):
        assert localised(other, "ru") == other


def test_a_language_that_babel_does_not_know_is_written_as_english():
    assert [localised(digits, "xx") for digits in ("1,234", "12.3%")] == ["1,234", "12.3%"]


def test_the_marks_of_a_language_are_those_its_numbers_are_written_with():
    assert [marks(language) for language in ("en", "ru", "zh", "de", "fr", "xx")] == [
        ".,",
        ",\xa0",
        ".,",
        ",.",
        ",\u202f",
        ".,",
    ]
    for language in LANGUAGES:
        one_of_each = re.sub(r"[0-9]", "", localised("1,234.5", language))
        assert one_of_each == marks(language)[1] + marks(language)[0], language


def test_english_does_not_import_babel():
    program = "import sys; from viz import text; text.number(1.5, 1); text._('{n:,}').format(n=1); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert "babel" not in done.stdout.split()
