"""No page ends in a traceback: an error of ours is said, any other gets a number that stands in the log too."""

import logging
import re

from streamlit.testing.v1 import AppTest

from tests.pages.driver import messages


def page_that_raises():
    import streamlit as st

    from pages.ui import guard
    from viz.errors import EmptyText

    kind = st.query_params["kind"]

    @guard.fragment()
    def part() -> None:
        st.write("before the part's error")
        raise KeyError("secret") if kind == "unforeseen" else EmptyText(example="*so*")

    with guard.page():
        st.write("before")
        part()
        st.write("after")
        raise ZeroDivisionError if kind == "unforeseen" else EmptyText(example="_so_")


def opened(kind: str) -> AppTest:
    app = AppTest.from_function(page_that_raises)
    app.query_params["kind"] = kind
    app.run()
    assert not app.exception
    assert [element.value for element in app.markdown] == ["before", "before the part's error", "after"]
    return app


def test_an_error_of_ours_is_said_where_it_happened_and_the_rest_of_the_page_stays():
    said = messages(opened("ours").error)
    assert said == [f"There is no text. Type a sentence, for example: {sign}so{sign}" for sign in "*_"]


def test_any_other_error_gets_a_number_that_stands_on_the_page_and_in_the_log_and_nothing_else_of_it(caplog):
    with caplog.at_level(logging.ERROR, logger="headlight"):
        said = messages(opened("unforeseen").error)
    assert len(said) == 2 and "secret" not in " ".join(said)
    numbers = [re.search(r"error ([0-9a-f]{6})\)", sentence)[1] for sentence in said]
    logged = [record for record in caplog.records if record.name == "headlight"]
    assert [record.getMessage() for record in logged] == [f"error {number}" for number in numbers]
    assert [record.exc_info[0] for record in logged] == [KeyError, ZeroDivisionError]
