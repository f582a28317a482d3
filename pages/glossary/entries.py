"""Show terms: one that was asked for first and alone, those that have the words that were typed, or all by subject."""

from collections.abc import Iterable

import streamlit as st

from pages.ui import terms
from pages.ui.language_choice import spoken
from pages.ui.markdown import literal
from viz import glossary
from viz.drawing import definition
from viz.glossary import SUBJECTS, Term
from viz.text import _, translated


def show(asked: str) -> None:
    """Show the terms that were asked for, with the way back to all of them."""
    st.html(definition.STYLE)
    if not asked:
        for subject, of in SUBJECTS.items():
            _subject(translated(subject), of)
        return
    term = glossary.exact(asked)
    if term is not None:
        _alone(term)
    elif found := glossary.found(asked):
        _entries(found)
    else:
        message = _("No term has “{words}” in its names or its definition. Try another word, or look at all terms.")
        st.info(literal(message.format(words=asked)))
    st.page_link(terms.PAGE, label=_("All terms"), icon=":material/dictionary:", query_params=spoken())


def _alone(term: Term) -> None:
    """Show one term, and link its neighbours."""
    _entries([term])
    subject = glossary.subject_of(term)
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):  # here links look like buttons
        st.caption(literal(_("Also of “{subject}”:").format(subject=translated(subject))), width="content")
        for other in SUBJECTS[subject]:
            if other is not term:
                terms.link(other.key)


def _subject(name: str, of: Iterable[Term]) -> None:
    st.html(definition.subject(name))
    _entries(of)


def _entries(of: Iterable[Term]) -> None:
    for term in of:
        with st.container(border=True, gap="xsmall", key=f"term_{term.key}"):
            st.html(definition.definition(term))
            with st.container(horizontal=True, gap=None, vertical_alignment="center"):
                st.caption(_("Seen on:"), width="content")
                for page in term.pages:
                    st.page_link(f"pages/{page}/page.py", query_params=spoken())
