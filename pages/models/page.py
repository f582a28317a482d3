"""Models: what is on this computer, how large another one is, its download, and whether it loaded as it should."""

import streamlit as st

from pages.ui.terms import terms
from viz.text import _

st.title(_("Models"), anchor=False)
st.caption(
    _(
        "Bring your own model: a name on the Hub or a folder. See how large it is, fetch it, and check that it loaded "
        "as it should before you believe its maps."
    )
)
terms("masked_language_model", "causal_language_model")

from pages.models import form, wishes  # noqa: E402
from pages.models.download import download_panel  # noqa: E402
from pages.models.shelf import shelf  # noqa: E402

question = form.ask()

download, answer = st.container(), st.container()
shelf()  # before what may take seconds
with download:
    standing = download_panel(question)
with answer:
    wishes.answer(question, standing)
