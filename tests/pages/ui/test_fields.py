"""What a callback gave to a field is told once, and gives way to what was typed since.

That it arrives where a run ends before its page begins is held in Chromium: tests/browser/test_switch_off.py.
"""

from streamlit.testing.v1 import AppTest


def example_page():
    """Draw two fields, and a button that gives to both."""
    import streamlit as st

    from pages.ui import fields

    def example() -> None:
        fields.give({"text": "of the example", "other": "of the example"})

    with fields.handed_on():
        st.text_input("Text", key="text")
        st.text_input("Other", key="other")
    st.button("Example", on_click=example)


def linked_page():
    """Fill a field from the page itself, before it is drawn."""
    import streamlit as st

    from pages.ui import fields

    with fields.handed_on():
        if "text" not in st.session_state:
            fields.give({"text": "of the link"})
        st.text_input("Text", key="text")


def test_the_browser_hears_of_it_once():
    at = AppTest.from_function(example_page).run()
    at.button[0].click().run()
    assert [field.proto.value for field in at.text_input] == ["of the example"] * 2
    assert [field.proto.set_value for field in at.text_input] == [True, True]
    assert [field.proto.set_value for field in at.run().text_input] == [False, False]  # else typing would be undone


def test_what_was_typed_since_stays():
    at = AppTest.from_function(example_page).run()
    at.session_state["given_to_fields"] = {"text": "of the example", "other": "of the example"}
    at.text_input(key="text").set_value("of the example")
    at.text_input(key="other").set_value("typed").run()
    assert [field.value for field in at.text_input] == ["of the example", "typed"]
    assert [field.proto.set_value for field in at.text_input] == [True, False]


def test_what_the_page_itself_gives_is_not_given_again():
    at = AppTest.from_function(linked_page).run()
    assert at.text_input[0].proto.set_value
    assert not at.run().text_input[0].proto.set_value
