"""The lesson plans: each address opens as it says, and what is in bold behind it stands on that page, in any tongue."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import REPOSITORY
from tests.pages.driver import open_app
from viz.number_format import localised

PLANS = {"en": "teaching.md", "zh": "teaching.zh.md", "ru": "teaching.ru.md"}
TEXTS = {language: (REPOSITORY / "docs" / name).read_text() for language, name in PLANS.items()}
MARK = re.compile(r"^##+ |`(?P<address>/[^` ]*)`|\*\*(?P<said>[^*]+)\*\*", re.M)
KEY = re.compile(r"^\d\. ([A-D])[:：]", re.M)
DIGITS = (2, 3, 4)  # in which a plan writes a number of a table
LARGEST = 1e6  # of a number that is written so


def stations(language: str) -> dict[str, list[str]]:
    """Read a plan: each address, in its order, with what stands in bold behind it, up to the next heading."""
    found: dict[str, list[str]] = {}
    address = None
    for mark in MARK.finditer(TEXTS[language]):
        if mark["address"]:
            address = mark["address"]
            found.setdefault(address, [])
        elif mark["said"] is None:
            address = None
        elif address is not None:
            found[address].append(mark["said"])
    return found


def shown(app: AppTest, language: str) -> str:
    """Join all that a page says: words, values, cells of tables, words in pictures."""
    said = "\n".join(_of_block(app.main, language))
    return re.sub(r"\\|\*\*|:small\[\]", "", said).replace("\xa0", " ")


def _of_block(block: Any, language: str) -> Iterator[str]:
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from _of_block(child, language)
        elif child.type == "plotly_chart":
            yield from _strings(json.loads(child.proto.spec))
        elif isinstance(value := getattr(child, "value", None), pd.DataFrame):
            yield from _cells(value, language)
        else:
            yield from (str(value), str(getattr(child, "label", "")), str(getattr(child.proto, "body", "")))


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _strings(inner)


def _cells(table: pd.DataFrame, language: str) -> Iterator[str]:
    for cell in table.to_numpy().ravel():
        yield str(cell)
        if -LARGEST < (value := _number(cell)) < LARGEST:
            yield from (localised(f"{value:.{digits}f}", language) for digits in DIGITS)


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def stands_in(said: str, text: str) -> bool:
    """Tell whether a text says this, not as a part of another number."""
    exact = re.escape(said.replace("\xa0", " "))
    return re.search(rf"(?<![\d.,]){exact}(?!\d|[.,]\d)", text) is not None


@pytest.mark.parametrize("language", PLANS)
@pytest.mark.parametrize("address", stations("en"))
def test_an_address_opens_as_it_says_and_shows_what_is_in_bold(language, address):
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    app = open_app(f"pages{parts.path}/page.py", **query, lang=language)
    kept = {name: app.query_params[name] for name in query}
    assert {name: values[0] if isinstance(values, list) else values for name, values in kept.items()} == query
    text = shown(app, language)
    assert [said for said in stations(language)[address] if not stands_in(said, text)] == []


def test_the_plans_of_all_languages_are_one():
    plans = {language: stations(language) for language in PLANS}
    addresses = {language: list(plan) for language, plan in plans.items()}
    assert addresses["en"] == addresses["zh"] == addresses["ru"]
    counts = {language: [len(said) for said in plan.values()] for language, plan in plans.items()}
    assert counts["en"] == counts["zh"] == counts["ru"]
    assert sum(counts["en"]) > 30
    keys = {language: KEY.findall(text) for language, text in TEXTS.items()}
    assert keys == dict.fromkeys(PLANS, list("BCDABC"))


def test_what_is_not_there_would_be_found():
    app = open_app("pages/batch/page.py")
    text = shown(app, "en")
    assert stands_in("5, 8, 3", text) and stands_in("33%", text)
    assert not stands_in("34%", text) and not stands_in("3%", text)
