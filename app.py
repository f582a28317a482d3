"""Frame of the app: page settings, language, menu. The pages themselves are in ``pages/``."""

import streamlit as st

from pages.ui import warm_up
from viz import text
from viz.text import _

st.set_page_config(page_title="Headlight", page_icon="🔦", layout="wide")
text.read_language_from(lambda: st.session_state.get("lang", "en"))

if len(text.languages()) > 1:
    wanted = text.nearest_language(st.query_params.get("lang", st.context.locale))
    st.sidebar.selectbox("Language", text.languages(), key="lang", bind="query-params", index=text.languages().index(wanted))

page = st.navigation(
    {
        _("Look"): [
            st.Page("pages/look/masked_word.py", title=_("Masked word"), icon=":material/theater_comedy:", url_path="masked_word", default=True),
            st.Page("pages/look/batch.py", title=_("Batch of prompts"), icon=":material/table_rows:", url_path="batch"),
            st.Page("pages/look/generation.py", title=_("Generation, step by step"), icon=":material/animation:", url_path="generation"),
        ],
        _("Masks"): [st.Page("pages/masks/same_alone.py", title=_("Same alone?"), icon=":material/balance:", url_path="same_alone")],
    }
)
warm_up.start()
page.run()
