"""Frame of the app: page settings, language, menu. The pages themselves are in ``pages/``."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.ui import fields, guard, language_choice, media, visit
from viz.engine.local import engine
from viz.text import _

# What these show is there within a second; loading torch beside it would take three of them.
NEED_NO_MODEL = (visit.FIRST_PAGE, "saved", "glossary")


def choose_page() -> StreamlitPage:
    """Draw the menu; gives the page that is asked for."""
    return st.navigation(
        {
            "": [page(visit.FIRST_PAGE, _("Start"), "home", default=True)],
            _("Look"): [
                page("masked_word", _("Masked word"), "theater_comedy"),
                page("batch", _("Batch of prompts"), "table_rows"),
                page("generation", _("Generation, step by step"), "animation"),
                page("cross", _("Translate and cross-attention"), "translate"),
                page("positions", _("Where is the order?"), "format_list_numbered"),
                page("importance", _("Which word decided?"), "lightbulb"),
            ],
            _("Masks"): [
                page("same_alone", _("Same alone?"), "balance"),
                page("inside", _("Inside the mask"), "layers"),
                page("training", _("Training: seen and scored"), "school"),
            ],
            _("Heads"): [
                page("board", _("Head board"), "grid_on"),
                page("corpus", _("A head over a corpus"), "menu_book"),
                page("claim", _("Test a claim"), "fact_check"),
                page("head", _("What is this head?"), "person_search"),
                page("switch_off", _("Switch heads off"), "toggle_off"),
                page("attribution", _("Who wrote the answer?"), "edit_note"),
                page("patching", _("Patch from another sentence"), "join_inner"),
            ],
            _("Runs"): [
                page("saved", _("Runs"), "folder_open"),
                page("compare", _("Compare two runs"), "compare_arrows"),
                page("models", _("Models"), "inventory_2"),
                page("glossary", _("Glossary"), "dictionary"),
            ],
            _("Class"): [
                page("lesson", _("Lessons"), "local_library"),
                page("hand_ins", _("Hand-ins"), "inventory"),
            ],
        },
        expanded=True,  # else the language below it folds the menu up, and half of the pages cannot be found
    )


def page(name: str, title: str, icon: str, *, default: bool = False) -> StreamlitPage:
    """Give the page of a subject: its folder is its address."""
    return st.Page(f"pages/{name}/page.py", title=title, icon=f":material/{icon}:", url_path=name, default=default)


# The frame too is drawn in turn: thirty at once would all wait for one another's menus.
with guard.page(), fields.handed_on():
    st.set_page_config(page_title="Headlight", page_icon="🔦", layout="wide")
    media.fit()
    with st.sidebar:
        language_choice.control()
    shown = choose_page()
    language_choice.write_address()
    name = shown.url_path or visit.FIRST_PAGE
    if name not in NEED_NO_MODEL:
        engine.warm_up()
    visit.draw(shown)
    if name == visit.FIRST_PAGE:
        engine.warm_up()  # behind its doors a model waits: it is loaded while the page is read, once that is drawn
