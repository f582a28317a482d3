"""Frame of the app: page settings, language, menu. The pages themselves are in ``pages/``."""

import streamlit as st

from pages.ui import warm_up
from viz import text
from viz.text import _

st.set_page_config(page_title="Headlight", page_icon="🔦", layout="wide")
text.read_language_from(lambda: st.session_state.get("lang", "en"))

if len(text.languages()) > 1:
    wanted = text.nearest_language(st.query_params.get("lang", st.context.locale))
    st.sidebar.selectbox(
        "Language", text.languages(), key="lang", bind="query-params", index=text.languages().index(wanted)
    )

page = st.navigation(
    {
        _("Look"): [
            st.Page(
                "pages/masked_word/page.py",
                title=_("Masked word"),
                icon=":material/theater_comedy:",
                url_path="masked_word",
                default=True,
            ),
            st.Page("pages/batch/page.py", title=_("Batch of prompts"), icon=":material/table_rows:", url_path="batch"),
            st.Page(
                "pages/generation/page.py",
                title=_("Generation, step by step"),
                icon=":material/animation:",
                url_path="generation",
            ),
        ],
        _("Masks"): [
            st.Page(
                "pages/same_alone/page.py", title=_("Same alone?"), icon=":material/balance:", url_path="same_alone"
            ),
            st.Page("pages/inside/page.py", title=_("Inside the mask"), icon=":material/layers:", url_path="inside"),
            st.Page(
                "pages/training/page.py",
                title=_("Training: seen and scored"),
                icon=":material/school:",
                url_path="training",
            ),
        ],
        _("Heads"): [
            st.Page("pages/board/page.py", title=_("Head board"), icon=":material/grid_on:", url_path="board"),
            st.Page("pages/claim/page.py", title=_("Test a claim"), icon=":material/fact_check:", url_path="claim"),
            st.Page(
                "pages/switch_off/page.py",
                title=_("Switch heads off"),
                icon=":material/toggle_off:",
                url_path="switch_off",
            ),
        ],
    }
)
warm_up.start()
page.run()
