"""Lead from a page to the glossary. The links keep the visit: they load nothing anew, and “back” leads back."""

import streamlit as st

from pages.ui.language_choice import spoken
from pages.ui.markdown import literal
from viz.glossary import TERMS
from viz.text import _, translated

PAGE = "pages/glossary/page.py"


def terms(*keys: str) -> None:
    """Link the terms that a page needs most, quietly, below its introduction."""
    with st.container(horizontal=True, gap=None, vertical_alignment="center", key="page_terms"):
        st.caption(_("In the glossary:"), width="content")
        for key in keys:
            link(key)


def link(key: str) -> None:
    """Link one term by its name."""
    name = literal(translated(TERMS[key].name))
    st.page_link(PAGE, label=f":small[{name}]", icon="", query_params={"term": key} | spoken())
