"""Models: what is on this computer, how large another one is, its download, and whether it loaded as it should."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening
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
opening = Opening(_("Here will be the models on this computer, and what became of the one that you ask about."))

from pages.models import form, wishes  # noqa: E402
from pages.models.download import download_panel  # noqa: E402
from pages.models.shelf import shelf  # noqa: E402
from viz.analysis.openings import runs  # noqa: E402

question = form.ask()

download, answer = st.container(), st.container()
models = shelf()  # before what may take seconds
if models is not None:
    opening.say(partial(runs.models, models))
with download:
    standing = download_panel(question)
with answer:
    wishes.answer(question, standing)
