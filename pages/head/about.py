"""Say all that is measured and known of the open head; choosing another one runs this part again."""

from dataclasses import replace

import streamlit as st

from pages.head import measured
from pages.head.form import HeadQuestion
from pages.head.literature import literature
from pages.ui import guard, head_choice
from pages.ui.head_panel import Give
from pages.ui.markdown import literal
from viz.analysis import tables
from viz.analysis.heads import one_head
from viz.analysis.heads.boards import Head
from viz.analysis.heads.switch_off import Effect
from viz.analysis.openings import heads
from viz.analysis.predictions import require_readouts
from viz.engine.local import engine
from viz.engine.requests import Measure
from viz.errors import VizError
from viz.names import head_label, head_title
from viz.records import Run
from viz.text import _, sentence

PANEL = "head_about"


@guard.fragment(key=PANEL)
def about_panel(question: HeadQuestion) -> None:
    """Draw what others found, the jobs, the effect on the answer, and the claims; then offer all of it as a table."""
    run = engine.ask(question.request)
    head = head_choice.chosen(run.model)
    st.header(head_title(*head), anchor=False)
    found = literature(run.model, head)
    jobs = one_head.jobs(engine.ask(Measure(question.checkpoint, (question.text,), question.revision)), head)
    measured.jobs_table(jobs)
    effect = _switched_off(question, run, head)
    claims = measured.claims(run.model, head)
    _strongest_texts(run, head)
    sheet = one_head.table(head, jobs, effect, claims, found)
    st.download_button(
        _("All of this as CSV"),
        tables.as_csv(sheet),
        f"{head_label(*head)}.csv",
        "text/csv",
        key="head_csv",
        on_click="ignore",
        icon=":material/download:",
    )


def head_said(give: Give) -> list[str]:
    """Say for the opening of the page which head of how many is open."""
    run = give()
    return heads.head(run, *head_choice.chosen(run.model))


def _strongest_texts(run: Run, head: Head) -> None:
    """Lead to the page that reads a corpus, which reads its address only at its first visit."""
    if st.button(_("Its strongest texts in a corpus"), key="head_corpus", icon=":material/library_books:"):
        st.session_state.pop("asked_corpus", None)
        asked = {"model": run.model.checkpoint, "head": head_label(*head)}
        language = {"lang": st.query_params["lang"]} if "lang" in st.query_params else {}
        st.switch_page("pages/corpus/page.py", query_params=asked | language)


def _switched_off(question: HeadQuestion, run: Run, head: Head) -> Effect | None:
    """Say what the answer becomes without the head; where a text asks for no answer, why."""
    st.markdown(_("**Without it**"))
    try:
        require_readouts(run)
        after = engine.ask(replace(question.request, off=frozenset([head])))
    except VizError as error:
        st.caption(literal(sentence(error)))
        return None
    of = one_head.off_effect(run, after)
    measured.effect_said(of, len(run.model.vocabulary))
    return of
