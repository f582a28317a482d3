"""Switch every head off alone, while the results stream in: a scatter against brightness, named heads, a table."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from pages.switch_off.controls import Choice
from pages.ui import guard, head_choice
from pages.ui.chart import chart
from pages.ui.markdown import literal
from viz.analysis import tables
from viz.analysis.heads.switch_off import HeadEffect, bright_but_idle, by_effect, dim_but_vital, ranking_table
from viz.drawing.effect_scatter import effect_scatter
from viz.engine.local import engine
from viz.engine.requests import Ask, Estimate, Rank
from viz.errors import VizError
from viz.names import folder_name, head_title
from viz.records import Run
from viz.text import _, number

N_BUTTONS = 4
CHART_SECONDS = 0.5  # between two pictures of a ranking that streams in: drawing took longer than the passes


@dataclass
class Ranking:
    """Hold what was ranked so far, and for what; ``running`` until it is done or stopped."""

    asked: tuple
    running: bool = False
    _measured: dict[tuple[int, int], HeadEffect] = field(default_factory=dict)

    @property
    def done(self) -> list[HeadEffect]:
        """The heads that were measured, in the order of their layers."""
        return list(self._measured.values())

    def add(self, effects: Sequence[HeadEffect]) -> None:
        """Take in the results of a pass.

        After a click the page before comes to the end of its pass while the new page may be measuring the same heads:
        what comes in twice counts once.
        """
        self._measured.update({(of.layer, of.head): of for of in effects})


def ranking_panel(request: Ask, run: Run, choice: Choice, bright: np.ndarray) -> None:
    """Offer to rank all heads, with the cost said beforehand; what was measured stays, also when it is stopped.

    No fragment: a click inside a fragment waits until it has run to its end, and then nothing could be stopped.
    """
    st.header(_("Which heads does the answer need?"), anchor=False)
    asked = (request, choice.readout, choice.word_id, choice.off_by, choice.resample)
    ranking: Ranking | None = st.session_state.get("ranking")
    if ranking is None or ranking.asked != asked:
        ranking = st.session_state["ranking"] = Ranking(asked)
    n_heads = run.model.n_layers * run.model.n_heads
    with st.container():  # there or not, what stands below stays where it is
        if ranking.running:
            _stream(request, choice, ranking, bright, n_heads)
    _offer(request, choice, ranking, n_heads)
    _results(ranking.done, n_heads, run, bright)


def _offer(request: Ask, choice: Choice, ranking: Ranking, n_heads: int) -> None:
    """Show the button that begins, or goes on where it was stopped, and what it costs."""
    if len(ranking.done) == n_heads:
        st.caption(_("Each of the {n} heads was switched off alone.").format(n=n_heads))
        return
    cost = guard.attempt(engine.ask, Estimate(request, choice.readout, choice.off_by, choice.resample))
    if cost is None:
        return
    label = _("Go on ranking") if ranking.done else _("Rank all {n} heads").format(n=n_heads)
    row = st.container(horizontal=True, vertical_alignment="center")
    row.button(label, key="rank_all", type="primary", on_click=_begin, args=(ranking,))
    message = _(
        "Each head is switched off alone: {n_passes} passes, about {seconds} s on this computer when it is idle."
    )
    seconds = number(cost.seconds, 1 if cost.seconds < 10 else 0)
    row.caption(message.format(n_passes=cost.n_passes, seconds=seconds))


def _stream(request: Ask, choice: Choice, ranking: Ranking, bright: np.ndarray, n_heads: int) -> None:
    """Measure pass by pass and draw what is there.

    Any click begins the page anew at the next drawing; the ranking goes on there, unless the click was on Stop. Each
    part has a place of its own that is emptied at the end: a container drawn anew would keep what was in it.
    """
    stop, bar, picture = st.empty(), st.empty(), st.empty()
    stop.button(_("Stop ranking"), key="stop_ranking", icon=":material/stop:", on_click=_stop, args=(ranking,))
    bar.progress(len(ranking.done) / n_heads)
    drawn_at = -CHART_SECONDS
    try:
        what = Rank(request, choice.readout, choice.word_id, choice.off_by, len(ranking.done), resample=choice.resample)
        for part in engine.stream(what):
            ranking.add(part)
            done = ranking.done
            message = _("{n} of {total} heads").format(n=len(done), total=n_heads)
            bar.progress(len(done) / n_heads, message)
            if time.monotonic() - drawn_at >= CHART_SECONDS:
                chart(effect_scatter(done, bright), f"streaming_{len(done)}", _spoken(), place=picture)
                drawn_at = time.monotonic()
    except VizError as error:
        guard.explain(error)
    ranking.running = False
    for place in (stop, bar, picture):
        place.empty()


def _spoken() -> str:
    return _("One point a head: brightness to the right, effect upwards")


def _results(done: Sequence[HeadEffect], n_heads: int, run: Run, bright: np.ndarray) -> None:
    if not done:
        st.caption(_("Nothing was ranked yet for this sentence and this word."))
        return
    if len(done) < n_heads:
        st.info(_("Stopped after {n} of {total} heads; what follows is of these.").format(n=len(done), total=n_heads))
    picture, named = st.columns([3, 2], gap="medium")
    with picture:
        chart(
            effect_scatter(done, bright),
            "effect_scatter",
            _spoken(),
            on_select=_point_picked,
            selection_mode="points",
        )
        st.caption(_explained(run))
    with named:
        _named(_("Strongest effect"), by_effect(done), bright, "strong")
        heading = _("Bright but idle: one of the brightest quarter, yet among the quarter with the least effect")
        _named(heading, bright_but_idle(done, bright), bright, "idle")
        heading = _("Dim but vital: one of the dimmest quarter, yet among the quarter with the largest effect")
        _named(heading, dim_but_vital(done, bright), bright, "vital")
    _table(done, run, bright)


def _explained(run: Run) -> str:
    resting = _("the first token") if run.model.causal else _("special tokens such as [CLS] and [SEP]")
    message = _(
        "How brightly a head attends: the largest weight that a token gives to one of the others or to itself, mean "
        "over the "
        "tokens, {resting} left out on both sides. Effect: KL(before || after) over the whole vocabulary with that "
        "head alone off. "
        "A map shows where a head looks; only switching it off shows whether the answer needs it. A click on a point "
        "opens "
        "the head."
    )
    return literal(message.format(resting=resting))


def _named(heading: str, heads: Sequence[HeadEffect], bright: np.ndarray, key: str) -> None:
    st.markdown(f"**{literal(heading)}**")
    if not heads:
        st.caption(_("none"))
    for of in heads[:N_BUTTONS]:
        label = _("{head}: brightness {light:.2f}, {kl:.2g} bits")
        text = label.format(head=head_title(of.layer, of.head), light=bright[of.layer, of.head], kl=of.effect.kl)
        name = f"{key}_{of.layer}_{of.head}"
        st.button(literal(text), key=name, on_click=head_choice.choose, args=(of.layer, of.head))


def _table(done: Sequence[HeadEffect], run: Run, bright: np.ndarray) -> None:
    table = ranking_table(done, bright)
    names = (
        _("head"),
        _("from 0"),
        _("brightness"),
        _("KL in bits"),
        _("expected word"),
        _("before"),
        _("after"),
        _("change"),
        _("best before"),
        _("best after"),
    )
    config = {name: st.column_config.NumberColumn(format="%.4f") for name in (_("brightness"), _("before"), _("after"))}
    config[_("KL in bits")] = st.column_config.NumberColumn(format="%.6f")
    config[_("change")] = st.column_config.NumberColumn(format="%+.5f")
    st.dataframe(
        dict(zip(names, table.values(), strict=True)),
        hide_index=True,
        height=320,
        column_config=config,
        key="ranking_table",
        on_select=lambda: _row_picked(done),
        selection_mode="single-row",
    )
    file_name = f"{folder_name(run.batch.texts[0])}_heads_off.csv"
    icon = ":material/download:"
    st.download_button(_("CSV"), lambda: tables.as_csv(table), file_name, "text/csv", icon=icon, on_click="ignore")


def _begin(ranking: Ranking) -> None:
    ranking.running = True


def _stop(ranking: Ranking) -> None:
    ranking.running = False


def _point_picked() -> None:
    """Open the head of the point that was clicked; a click beside the points opens none."""
    if points := st.session_state["effect_scatter"].selection.points:
        head_choice.choose(*points[0]["customdata"])


def _row_picked(done: Sequence[HeadEffect]) -> None:
    if rows := st.session_state["ranking_table"].selection.rows:
        of = by_effect(done)[rows[0]]
        head_choice.choose(of.layer, of.head)
