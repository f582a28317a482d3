"""Step through a target: the pieces written so far, the words the next one was chosen from, and where it looked."""

import streamlit as st

from pages.cross import pinned
from pages.cross.shaded import shaded_source
from pages.ui import fields, guard
from pages.ui.chart import chart
from pages.ui.head_panel import Give
from pages.ui.how_many import how_many
from pages.ui.markdown import literal
from viz.analysis.cross.steps import Step, standing, steps
from viz.analysis.predictions import are_numbers, top_k
from viz.drawing import strips
from viz.drawing.bars import prediction_bars
from viz.drawing.strips import Chip
from viz.names import position_from_number, position_number
from viz.records import Run
from viz.text import _, number, percent

STEPS = "cross_steps"  # the part of the page that shows one step
_MOST = 20


@guard.fragment(key=STEPS)
def steps_panel(give: Give, row: int) -> None:
    """Draw one step and the shaded source; moving along the steps runs no pass."""
    run = give()
    left, right = st.columns(2, gap="medium")
    with left:
        st.header(_("Step by step"), anchor=False)
        step = _step_control(run, row)
        st.html(strips.board([strips.strip(_chips(run, row, step), _("target"))]))
        _next_words(run, row, step)
    with right:
        shaded_source(run, row)


def _step_control(run: Run, row: int) -> Step:
    """Show slider and arrows, and give the open step."""
    found = steps(run, row)
    at, last = pinned.open_step(run, row), len(found) - 1
    st.session_state["cross_step_slider"] = position_number(at)
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    controls.button("←", help=_("one step back"), disabled=at == 0, on_click=pinned.go_to, args=(at - 1,))
    if last > 0:
        controls.slider(
            _("Step: which piece of the target is written"),
            1,
            position_number(last),
            key="cross_step_slider",
            on_change=_slid,
        )
    controls.button("→", help=_("one step on"), disabled=at == last, on_click=pinned.go_to, args=(at + 1,))
    return found[at]


def _slid() -> None:
    number = st.session_state["cross_step_slider"]
    if not fields.is_from_before("step", str(number), str(position_number(st.session_state["cross_step"]))):
        pinned.go_to(position_from_number(number))


def _chips(run: Run, row: int, step: Step) -> list[Chip]:
    """Show what the decoder has read, and the piece it writes now."""
    tokens, real = run.maps["cross"].queries[row], run.maps["cross"].query_mask[row]
    special = None if run.target is None else run.target.special_tokens_mask[row]
    read = [
        Chip(tokens[at], kind="special" if special is not None and special[at] else "real")
        for at in range(step.query + 1)
        if real[at]
    ]
    written = Chip(_("end"), kind="end") if step.written is None else Chip(tokens[step.written], kind="written")
    return [*read, written]


def _next_words(run: Run, row: int, step: Step) -> None:
    """Draw the best words at the step, and where the piece that stands there is among them."""
    heading, field = st.columns([3, 1], vertical_alignment="bottom")
    heading.markdown(_("**What the model expects here**"))
    if step.readout is None:
        st.caption(_("This saved run holds no word scores, so nothing is known of what the model expected."))
        return
    if not are_numbers(run):
        st.warning(_("The model's scores are no numbers (NaN) here, so there are no words to show."))
        return
    best = top_k(run, step.readout, how_many(field, min(_MOST, len(run.model.vocabulary))))
    spoken = "; ".join(f"{p.token}: {percent(p.probability, 1)}" for p in best)
    chart(prediction_bars(best), "cross_words", spoken)
    found = standing(run, row, step)
    if found is not None and found.rank > 1:
        message = _("The piece that stands here, {word}, has rank {rank} with {share}.")
        share = percent(found.probability, 1) if found.probability >= 0.001 else f"{100 * found.probability:.1e}%"
        st.caption(literal(message.format(word=found.token, rank=number(found.rank), share=share)))
