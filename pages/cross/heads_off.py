"""Switch heads of the cross-attention off and see what becomes of the next word, and of the text."""

from dataclasses import replace

import streamlit as st

from pages.cross import pinned
from pages.cross.form import CrossQuestion
from pages.ui import fields, guard
from pages.ui.chart import chart
from pages.ui.markdown import literal
from pages.ui.question import one_of, set_address
from viz.analysis.cross.greedy import best, first_change, wrote_itself
from viz.analysis.cross.steps import steps
from viz.analysis.heads.switch_off import OFF_BY, Head, effect, off_text, parse_off
from viz.analysis.predictions import compare
from viz.drawing.bars import shift_bars
from viz.engine.local import engine
from viz.errors import VizError
from viz.names import head_label, position_number
from viz.records import Run
from viz.text import _, percent

OFF = "cross_off"  # the part of the page that shows what heads that are off change
_WORDS = 4


@guard.fragment(key=OFF)
def heads_off(question: CrossQuestion, row: int) -> None:
    """Ask which heads are off, run once more without them, and compare the open step and the whole text."""
    st.header(_("Switch cross-attention heads off"), anchor=False)
    if question.file is not None:
        st.caption(_("A saved run brings no model along. Run typed texts to switch heads off."))
        return
    run = question.run()
    off, by = _off(run), _off_by()
    set_address({"off": off_text(off, run.stack("cross").n_heads) or None, "by": by if off else None})
    if not off:
        st.caption(_("No head is off. Name one, and the same target is read once more without it."))
        return
    without = guard.attempt(engine.ask, replace(question.request, off=off, off_by=by))
    if without is not None:
        _show_step(run, without, row)
        _say_text(run, without, row, given=bool(question.targets.strip()))


def _off(run: Run) -> frozenset[Head]:
    """Read the names of the heads that are off; where one is wrong, say so and keep those that were off before."""
    stack = run.stack("cross")
    if "cross_off_names" not in st.session_state:
        st.session_state["cross_off_names"] = st.session_state.get("kept_cross_off", st.query_params.get("off", ""))
    names = st.text_input(
        _("Heads that are off"),
        key="cross_off_names",
        placeholder=_("none"),
        help=_(
            "Names with commas between: Layer2_Head10 or L1H9; Layer2 is a whole layer, Head10 that head of every "
            "layer."
        ),
    )
    try:
        off = parse_off(names, stack.n_layers, stack.n_heads)
        st.session_state.update(kept_cross_off=names, last_cross_off=off)
    except VizError as error:
        guard.explain(error)
        off = frozenset(
            (layer, head)
            for layer, head in st.session_state.get("last_cross_off", ())
            if layer < stack.n_layers and head < stack.n_heads
        )
    _buttons(off, stack.n_heads)
    return off


def _buttons(off: frozenset[Head], n_heads: int) -> None:
    """Offer to switch the head off that was opened last, and all heads on."""
    row = st.container(horizontal=True)
    opened = st.session_state.get("cross_head")
    if opened is not None:
        label = _("Switch {head} off").format(head=head_label(*opened))
        more = off_text({*off, opened}, n_heads).replace(",", ", ")
        row.button(literal(label), key="cross_also_off", on_click=_put, args=(more,), disabled=opened in off)
    row.button(_("All on"), key="cross_all_on", on_click=_put, args=("",), disabled=not off)


def _put(names: str) -> None:
    fields.give({"cross_off_names": names})


def _off_by() -> str:
    names = {"zero": _("zeros"), "mean": _("its mean over the target's tokens")}
    if "cross_off_by" not in st.session_state:
        given = st.session_state.get("kept_cross_off_by", st.query_params.get("by", ""))
        st.session_state["cross_off_by"] = one_of(*OFF_BY)(given) or OFF_BY[0]
    by = st.radio(
        _("In place of a head's output comes"),
        OFF_BY,
        key="cross_off_by",
        horizontal=True,
        format_func=names.__getitem__,
    )
    st.session_state["kept_cross_off_by"] = by
    return by


def _show_step(run: Run, without: Run, row: int) -> None:
    """Compare the best words of the open step before and after."""
    at = pinned.open_step(run, row)
    readout = steps(run, row)[at].readout
    if readout is None:
        return
    st.markdown(_("**Step {number}, before → after**").format(number=position_number(at)))
    shifts = compare(run, without, (readout, readout), _WORDS)
    spoken = "; ".join(
        f"{s.token}: {percent(s.probability_before, 1)} → {percent(s.probability_after, 1)}" for s in shifts
    )
    chart(shift_bars(shifts), "cross_shifts", spoken)
    logits = run.readout_logits[readout], without.readout_logits[readout]
    of = effect(*logits, best(run, readout), run.model.vocabulary)
    message = _("KL divergence: **{kl:.4f} bits** over all {n:,} words (0 = the same answer)")
    st.markdown(message.format(kl=of.kl, n=len(run.model.vocabulary)))


def _say_text(run: Run, without: Run, row: int, *, given: bool) -> None:
    """Say whether the model would write another text without the heads: where it wrote the text itself, and so read it.

    Both passes read the same target; up to the first step with another best word that is what would be written.
    """
    if given or not wrote_itself(run, row):
        st.caption(
            _("The target was not written by this model step by step, so nothing is said of what it would write.")
        )
        return
    change = first_change(run, without, row)
    if change is None or change.readout is None:
        st.markdown(_("The greedy text would stay the same: at every step the best word is the same."))
        return
    vocabulary, number = run.model.vocabulary, position_number(steps(run, row).index(change))
    words = [literal(vocabulary[best(of, change.readout)]) for of in (run, without)]
    message = _("The greedy text would change at step {number}: **{before} → {after}**. What follows is not computed.")
    st.markdown(message.format(number=number, before=words[0], after=words[1]))
