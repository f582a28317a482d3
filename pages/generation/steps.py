"""Walk through a continuation: the growing tokens, the row that predicts the next one, and how likely it was."""

import time

import streamlit as st

from pages.ui import guard, head_choice, prompt_choice
from pages.ui.head_grid import head_grid, mark_head
from pages.ui.head_panel import head_view
from pages.ui.markdown import literal
from pages.ui.prompt_choice import prompt_name
from viz.analysis.batches.generation import Generation, predicting_position, run_at
from viz.drawing import strips
from viz.drawing.strips import Chip
from viz.engine.local import engine
from viz.engine.requests import Continue
from viz.names import position_from_number, position_number
from viz.text import _

SECONDS_A_STEP = 1.2


def steps_panel(request: Continue) -> None:
    """Draw one step; the slider, the play button and the choice of head run only this part, and no pass."""
    every = SECONDS_A_STEP if st.session_state.get("playing") else None
    guard.fragment(key=head_choice.PANEL, run_every=every)(_step)(request, clock_runs=every is not None)


def _step(request: Continue, clock_runs: bool) -> None:
    generation = engine.ask(request)
    step = _step_control(generation.n_steps, clock_runs)
    row = prompt_choice.control(len(generation.run.batch.texts))
    kinds = ["real", "padding", "added", "next", "end"]
    st.html(strips.board([*_strips(generation, step), strips.legend(kinds)]))
    st.caption(
        _(
            "Under each token its place in attention_mask. A prompt that came to its end token is filled up with "
            "padding."
        )
    )
    _chosen_words(generation, step)
    run = run_at(generation, step)
    query = predicting_position(generation, row, step)
    left, right = st.columns(2, gap="medium")
    with left:
        _candidates(generation, row, step)
        st.header(_("All heads of this prompt"), anchor=False)
        head_grid(run, row)
    with right:
        layer, head = head_choice.controls(run.model)
        mark_head(layer, head)
        head_view(lambda: run_at(engine.ask(request), step), row, layer, head, query=query)


def _step_control(n_steps: int, clock_runs: bool) -> int:
    """Show slider and play button; while playing, each run of this part goes one step on.

    The clock belongs to the page: when playing begins or ends, all of it runs again.
    """
    playing = st.session_state.get("playing", False)
    number = min(st.session_state.get("open_step", 1), n_steps)
    if playing and time.monotonic() - st.session_state.get("stepped_at", 0) > SECONDS_A_STEP / 2:
        number = min(number + 1, n_steps)
        st.session_state["stepped_at"] = time.monotonic()
    st.session_state["open_step"] = st.session_state["step_slider"] = number
    st.session_state["playing"] = playing = playing and number < n_steps
    if playing != clock_runs:
        st.rerun()
    slider, button = st.columns([5, 1], vertical_alignment="bottom")
    if n_steps > 1:
        slider.slider(_("Step: which new token is chosen"), 1, n_steps, key="step_slider", on_change=_slid)
        button.button(
            _("Pause") if playing else _("Play"), key="play", on_click=_play_or_pause, args=(n_steps,), width="stretch"
        )
    return position_from_number(number)


def _slid() -> None:
    st.session_state["open_step"] = st.session_state["step_slider"]


def _play_or_pause(n_steps: int) -> None:
    """Start or stop; from the first step when the last one is open."""
    playing = not st.session_state.get("playing", False)
    if playing and st.session_state["open_step"] == n_steps:
        st.session_state["open_step"] = 1
    st.session_state.update(playing=playing, stepped_at=time.monotonic())


def _strips(generation: Generation, step: int) -> list[str]:
    """Make a strip a prompt: what the model had read, then the token it chose; nothing more after its end."""
    batch, n_prompt = generation.run.batch, generation.n_prompt
    rows = []
    for row in range(len(batch.texts)):
        n_shown = n_prompt + step + 1
        real = batch.attention_mask[row].astype(int)
        chips = [Chip(batch.tokens[row][at], str(real[at]), _kind(generation, row, at, step)) for at in range(n_shown)]
        rows.append(strips.strip(chips, _("prompt {number}").format(number=position_number(row))))
    return rows


def _kind(generation: Generation, row: int, at: int, step: int) -> str:
    n_prompt, n_new = generation.n_prompt, int(generation.n_new[row])
    if not generation.run.batch.attention_mask[row, at]:
        return "padding"
    if at < n_prompt:
        return "real"
    if generation.finished[row] and at == n_prompt + n_new - 1:
        return "end"
    return "next" if at == n_prompt + step else "added"


def _chosen_words(generation: Generation, step: int) -> None:
    """List what was chosen for each prompt at this step, and how likely it was before and after cutting."""
    batch, column = generation.run.batch, generation.n_prompt + step
    live = generation.n_new > step
    table = {
        _("prompt"): [
            f"{position_number(row)}  {prompt_name(generation.run, row, 40)}" for row in range(len(batch.texts))
        ],
        _("chosen"): [batch.tokens[row][column] if on else _("finished") for row, on in enumerate(live)],
        _("rank"): [int(rank) if on else None for rank, on in zip(generation.rank[:, step], live)],
        _whole(): [float(p) if on else None for p, on in zip(generation.probability[:, step], live)],
        _cut(): [float(p) if on else None for p, on in zip(generation.probability_after_cut[:, step], live)],
    }
    st.dataframe(table, hide_index=True, key="chosen", column_config=_percent())


def _candidates(generation: Generation, row: int, step: int) -> None:
    """List the best words for the open prompt at this step, the chosen one marked with an arrow."""
    st.header(_("The best words at this step"), anchor=False)
    if step >= generation.n_new[row]:
        st.caption(_("This prompt has ended: it came to its end token before."))
        return
    chosen = int(generation.run.batch.input_ids[row, generation.n_prompt + step])
    ids = generation.candidate_ids[row, step].tolist()
    words = generation.run.model.vocabulary
    table = {
        _("rank"): [position_number(at) for at in range(len(ids))],
        _("word"): [words[i] + ("  ←" if i == chosen else "") for i in ids],
        _whole(): generation.candidate_probability[row, step].tolist(),
        _cut(): generation.candidate_after_cut[row, step].tolist(),
    }
    st.dataframe(table, hide_index=True, key="candidates", column_config=_percent())
    st.caption(
        _(
            "After cutting: what is left of each probability after temperature, top-k and top-p; the word is drawn "
            "from these."
        )
    )
    if chosen not in ids:
        message = _("The chosen word, {word}, has rank {rank:,}.")
        st.caption(literal(message.format(word=words[chosen], rank=int(generation.rank[row, step]))))


def _whole() -> str:
    return _("of the whole vocabulary")


def _cut() -> str:
    return _("after cutting")


def _percent() -> dict:
    column = st.column_config.NumberColumn(format="percent")
    return {_whole(): column, _cut(): column}
