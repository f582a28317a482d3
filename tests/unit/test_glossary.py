"""The glossary: every term is defined, has its own names and a place, and says what the code does."""

import ast
import re

import numpy as np
import pytest

from tests.conftest import REPOSITORY
from viz import glossary, names, text
from viz.analysis.batches.training import UNSCORED
from viz.analysis.heads.measures import MEASURES
from viz.analysis.masks.additive import additive_mask, softmax
from viz.analysis.reasons.contribution import FORMULA
from viz.glossary import SUBJECTS, TERMS

PAGES = {file.parent.name: ast.parse(file.read_text()) for file in (REPOSITORY / "pages").glob("*/page.py")}
SENTENCE = re.compile(r"\w\W?[.](?= |$)")


def linked(tree: ast.AST) -> list[str]:
    """List the terms that a page links."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "terms"]
    return [ast.literal_eval(argument) for call in calls for argument in call.args]


def spoken(language: str):
    text.read_language_from(lambda: language)


@pytest.fixture(autouse=True)
def in_english():
    yield
    spoken("en")


def test_every_term_stands_once_under_a_key_that_an_address_takes_as_it_is():
    terms = [term for of in SUBJECTS.values() for term in of]
    assert len(terms) == len(TERMS) >= 45
    assert [key for key in TERMS if not re.fullmatch(r"[a-z_]+", key)] == []


def test_every_term_has_a_definition_of_one_to_three_sentences():
    counts = {term.key: len(SENTENCE.findall(term.definition.replace("et al.", "et al"))) for term in TERMS.values()}
    assert {key: n for key, n in counts.items() if not 1 <= n <= 3} == {}


def test_every_term_is_seen_on_pages_that_there_are():
    assert [term.key for term in TERMS.values() if not term.pages or not set(term.pages) <= set(PAGES)] == []


def test_every_page_links_two_or_three_terms_that_there_are():
    used = {name: linked(tree) for name, tree in PAGES.items() if name not in ("glossary", "start")}
    assert {name: keys for name, keys in used.items() if not set(keys) <= set(TERMS)} == {}
    assert {name: keys for name, keys in used.items() if not 2 <= len(set(keys)) <= 3} == {}


def test_a_term_has_a_name_in_every_language_and_shares_it_with_no_other():
    for language in text.languages():
        named = [term.named()[language] for term in TERMS.values()]
        assert all(named) and len(set(named)) == len(named), language
    assert TERMS["attention_mask"].named() == {"en": "attention mask", "ru": "маска внимания", "zh": "注意力掩码"}


def test_names_agree_with_what_pages_call_the_same():
    for language in text.languages():
        spoken(language)
        assert TERMS["contribution"].named()[language] == text._("contribution")
        assert TERMS["cross_attention"].named()[language] == text._("Cross-attention").lower()


@pytest.mark.parametrize(
    "asked, key",
    [
        ("attention_mask", "attention_mask"),
        (" Attention Mask ", "attention_mask"),
        ("маска внимания", "attention_mask"),
        ("注意力掩码", "attention_mask"),
        ("input_ids", "token"),
        ("-100", "label"),
        ("L3H10", "head"),
        ("Перекрестное внимание", "cross_attention"),
        ("mask", None),
        ("", None),
    ],
)
def test_a_term_is_asked_for_by_its_key_a_name_or_a_parameter(asked, key):
    term = glossary.exact(asked)
    assert (term and term.key) == key


def test_a_search_gives_what_is_called_so_before_what_only_speaks_of_it():
    found = [term.key for term in glossary.found("mask")]
    assert {"attention_mask", "additive_mask", "causal_mask", "masked_language_model"} < set(found)
    last_called = max(found.index(key) for key in ("attention_mask", "masked_language_model"))
    assert last_called < found.index("softmax" if "softmax" in found else "pad_token")
    assert glossary.found("no such thing") == []


def test_a_search_reads_definitions_in_the_readers_language():
    assert glossary.found("斜线") == []
    spoken("zh")
    assert {term.key for term in glossary.found("斜线")} == {"padding", "attention_map"}


def test_formulas_and_names_are_those_of_the_code():
    assert FORMULA in TERMS["contribution"].definition
    assert f"`{UNSCORED}`" in TERMS["label"].definition and str(UNSCORED) in TERMS["label"].code
    assert TERMS["head"].code == (names.head_label(3, 10), names.head_index_label(3, 10))
    for key, measure in {
        "previous_token": "previous",
        "duplicate_token": "duplicate",
        "induction": "induction",
    }.items():
        cell = re.search(r"A\[[^]]+\]", MEASURES[measure].formula)
        assert cell is not None and cell[0].replace("-", "−") in TERMS[key].definition


def test_what_hides_hides_as_the_glossary_says():
    least = additive_mask(np.array([[1, 0]]))
    assert least.shape == (1, 1, 2, 2) and least[0, 0, 0, 0] == 0
    assert f"{least[0, 0, 0, 1]:.1e}" == "-3.4e+38"
    nothing = np.zeros((1, 2))
    scores = np.array([[[1.0, 2.0], [3.0, 0.0]]], dtype=np.float32)
    assert np.isnan(softmax(scores, additive_mask(nothing, fill="-inf"))).all()
    assert np.allclose(softmax(scores, additive_mask(nothing)), 0.5)
    causal = additive_mask(np.ones((1, 3)), causal=True, fill="-inf")[0, 0]
    assert [np.isfinite(row).sum() for row in causal] == [1, 2, 3]  # the query at position i: keys 0 to i
