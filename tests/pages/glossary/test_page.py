"""The glossary: all terms, one by its address, what is typed; and pages lead to it."""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.pages.driver import assert_no_failure, html, messages, open_app
from viz.glossary import SUBJECTS, TERMS

PAGE = "pages/glossary/page.py"


def shown(app) -> list[str]:
    """List the names of the terms on the page, in their order."""
    return [part.split("</h3>")[0] for part in html(app).split("<h3>")[1:]]


def find(app, words: str):
    app.text_input(key="glossary_term").set_value(words).run()
    assert_no_failure(app)
    return app


def links(app, page: str = "glossary") -> list[str]:
    """List what links to a page ask of it."""
    return [link.proto.query_string for link in app.get("page_link") if link.proto.page == page]


def test_all_terms_stand_by_subject_each_with_what_it_means_and_where_it_is_seen():
    app = open_app(PAGE)
    assert shown(app) == [term.name for term in TERMS.values()]
    assert [html(app).index(f">{subject}</h2>") for subject in SUBJECTS] == sorted(
        html(app).index(f">{subject}</h2>") for subject in SUBJECTS
    )
    assert "1 = a real token, which may be looked at; 0 = padding, which may not." in html(app)
    assert len(links(app, "inside")) == sum("inside" in term.pages for term in TERMS.values())


def test_a_definition_shows_code_as_code_and_signs_as_signs():
    written = html(open_app(PAGE, term="end_token"))
    assert "<code>&lt;|endoftext|&gt;</code>" in written and "`" not in written


def test_an_address_opens_one_term_with_its_names_side_by_side_and_leads_to_its_neighbours():
    app = open_app(PAGE, term="attention_mask")
    assert shown(app) == ["attention mask"]
    for name in (
        '<bdi lang="ru">маска внимания</bdi>',
        '<bdi lang="zh">注意力掩码</bdi>',
        "<code>attention_mask</code>",
    ):
        assert name in html(app)
    assert app.text_input(key="glossary_term").value == "attention_mask"
    assert {"term=padding", "term=causal_mask"} <= set(links(app))
    assert "" in links(app)  # all terms


def test_what_is_typed_finds_terms_and_stands_in_the_address():
    app = find(open_app(PAGE), "induction")
    assert shown(app)[0] == "induction head" and len(shown(app)) < 5
    assert app.query_params["term"] == "induction"
    app = find(app, "")
    assert len(shown(app)) == len(TERMS) and "term" not in app.query_params


def test_a_link_to_a_term_replaces_what_was_typed():
    app = find(open_app(PAGE), "softmax")
    app.query_params["term"] = "padding"
    app.run()
    assert shown(app) == ["padding"] and app.text_input(key="glossary_term").value == "padding"


def test_what_no_term_has_is_said_as_it_was_typed():
    app = find(open_app(PAGE), "**no** :red[such] $x$")
    assert shown(app) == []
    assert "No term has “**no** :red[such] $x$” in its names" in messages(app.info)[0]


def test_in_another_language_its_names_and_definitions_are_that_languages():
    app = open_app(PAGE, lang="ru", term="注意力掩码")
    assert shown(app) == ["маска внимания"]
    assert '<bdi lang="en">attention mask</bdi>' in html(app) and "столбцы карты" in html(app)
    assert "term=padding&lang=ru" in links(app)


@pytest.mark.parametrize("page, term", [("models", "causal_language_model"), ("saved", "attention_map")])
def test_a_page_leads_to_its_terms(page, term):
    app = open_app(f"pages/{page}/page.py", lang="zh")
    assert f"term={term}&lang=zh" in links(app)


def test_a_fresh_server_shows_it_without_loading_torch():
    program = (
        "import sys; from tests.pages.driver import open_app; from viz.engine.local import engine; import time;"
        f"open_app({PAGE!r}); time.sleep(1); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout.split()[-1] == "False"
