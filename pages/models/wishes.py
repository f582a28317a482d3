"""Do what is wished of a model once a click, and show what came of it: its size, or how it loaded, or why not."""

from dataclasses import dataclass

import streamlit as st

from pages.models import form
from pages.models.download import Standing
from pages.models.form import CHECK, FETCH, WEIGH, ModelQuestion
from pages.models.light import light_panel, refused_panel
from pages.models.weight import weight_panel
from pages.ui import guard
from viz.analysis.load_check import LoadCheck
from viz.engine.local import engine
from viz.engine.requests import Download, Inspect, Weigh
from viz.errors import ModelRefused, NoModelNamed, VizError
from viz.listing import Weight
from viz.text import _

KEPT = "models_outcome"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what came of a wish: a weight, a check, or an error."""

    question: ModelQuestion
    weight: Weight | None = None
    check: LoadCheck | None = None
    error: VizError | None = None


def answer(question: ModelQuestion, standing: Standing) -> None:
    """Do what is wished, unless it was done at an earlier run of the page, and show what came of it."""
    outcome: Outcome | None = st.session_state.get(KEPT)
    if question.wish and (outcome is None or outcome.question is not question):
        outcome = st.session_state[KEPT] = _done(question)
        if question.wish == FETCH and outcome.error is None:
            st.rerun()  # its progress stands above
    if outcome is None:
        return
    if outcome.error is not None and str(outcome.error) != standing.said:
        _explain(outcome.question, outcome.error)
    if outcome.check is not None:
        light_panel(outcome.check)
    elif outcome.weight is not None:
        weight_panel(outcome.question, outcome.weight, standing)


def _explain(question: ModelQuestion, error: VizError) -> None:
    """Say an error; of a model that was to be checked, and cannot be used, it is the light's verdict."""
    if question.wish == CHECK and isinstance(error, ModelRefused):
        refused_panel(question.checkpoint, error)
    else:
        guard.explain(error)


def _done(question: ModelQuestion) -> Outcome:
    """Do it; an error is made anew, for one that was raised holds on to all that it passed through."""
    try:
        return _do(question)
    except VizError as error:
        return Outcome(question, error=type(error)(**error.values))


def _do(question: ModelQuestion) -> Outcome:
    """Weigh, fetch or check. What is not here is never fetched unasked: its size is said instead."""
    checkpoint = question.checkpoint
    if not checkpoint:
        raise NoModelNamed(example=form.EXAMPLE)
    if question.wish == FETCH:
        engine.ask(Download(checkpoint, question.endpoint))
        return Outcome(question)
    with st.spinner(_("Looking where it is …")):
        weight = engine.ask(Weigh(checkpoint, question.endpoint))
    if question.wish == WEIGH or weight.n_left:
        return Outcome(question, weight=weight)
    with st.spinner(_("Loading it …")):
        return Outcome(question, weight=weight, check=engine.ask(Inspect(checkpoint)))
