"""Glossary: the terms of all pages, what each means here, what it is called elsewhere, and where it is seen."""

import streamlit as st

from pages.glossary import entries, search
from viz.analysis.openings import runs
from viz.glossary import SUBJECTS, TERMS
from viz.text import _

st.title(_("Glossary"), anchor=False)
st.caption(
    _(
        "What the words on these pages mean, exactly: with shapes, formulas, and what is counted from where. Letters: "
        "B texts of a batch, L layers, H heads, T tokens, Q queries, K keys, V tokens of the vocabulary."
    )
)
st.caption(runs.glossary(len(TERMS), len(SUBJECTS)))
entries.show(search.ask())
