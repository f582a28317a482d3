"""Show how each prompt answers in the batch and alone: the verdict, the numbers, the continuations."""

import streamlit as st

from pages.ui import guard, head_choice
from pages.ui.markdown import literal
from pages.ui.prompt_choice import prompt_name
from viz.analysis.batches.same_alone import BatchCheck, difference_text, verdict
from viz.engine.local import engine
from viz.engine.requests import Check, ContinueBothWays
from viz.names import head_label, head_title, position_number
from viz.records import Run
from viz.text import _, percent


def checked_run(request: Check) -> Run:
    """Give the batch's run, as the mistakes made it."""
    return engine.ask(request).run


def show_verdict(check: BatchCheck) -> None:
    """Say the result in a sentence; a sign and words carry it, never colour alone."""
    say, sign = (st.success, ":material/check_circle:") if check.same else (st.error, ":material/error:")
    say(literal(verdict(check)), icon=sign)
    if check.compares_attention:
        message = _(
            "This model has no words to compare, so its attention is: same means that no weight between real tokens "
            "moves by more than {tolerance}. Rounding alone moves them by about a millionth; a mistake by far more."
        )
    else:
        message = _(
            "Same means: no logit at the answer moves by more than {tolerance}. Rounding alone moves them by about 3 "
            "millionths of "
            "the largest logit; a mistake moves them by far more."
        )
    st.caption(message.format(tolerance=check.tolerance))


def check_table(check: BatchCheck) -> None:
    """List the prompts with their differences, top words and attention on padding."""
    numbered = list(enumerate(check.prompts))
    difference = _("largest |Δweight|") if check.compares_attention else _("largest |Δlogit|")
    table = {
        _("prompt"): [f"{position_number(row)}  {prompt_name(check.run, row, 40)}" for row, _prompt in numbered],
        _("answer"): [_("✓ same") if p.same else _("✗ differs") for p in check.prompts],
        difference: [difference_text(p.max_difference) for p in check.prompts],
        _("top word alone → in the batch"): [_change(p.token_alone, p.token_in_batch) for p in check.prompts],
        _("its probability alone"): [p.probability_alone for p in check.prompts],
        _("in the batch"): [p.probability_in_batch for p in check.prompts],
        _("attention on padding (worst head)"): [_worst(p) for p in check.prompts],
    }
    as_percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        table,
        hide_index=True,
        key="check",
        column_config={_("its probability alone"): as_percent, _("in the batch"): as_percent},
    )


def worst_heads(check: BatchCheck) -> None:
    """Offer to open the head that puts most attention on padding, prompt by prompt."""
    found = [
        (row, *prompt.worst_head, prompt.padding_mass)
        for row, prompt in enumerate(check.prompts)
        if prompt.worst_head is not None
    ]
    if not found:
        st.caption(_("No head gives any attention to padding."))
        return
    st.markdown(
        _("**The head that gives padding most of its attention** (mean over the real queries); a click opens it below.")
    )
    with st.container(horizontal=True):
        for row, layer, head, share in found:
            label = _("prompt {number}: {head}, {share:.1%}")
            text = label.format(number=position_number(row), head=head_title(layer, head), share=share)
            st.button(literal(text), key=f"worst_{row}", on_click=_open, args=(row, layer, head))


def continuations(run: Run, request: ContinueBothWays) -> None:
    """Put each prompt's continuation alone beside the one in the batch; where there is no room for one, say so."""
    st.header(_("What the continuation becomes"), anchor=False)
    both = guard.attempt(engine.ask, request)
    if both is None:
        return
    table = {
        _("prompt"): [f"{position_number(row)}  {prompt_name(run, row, 40)}" for row in range(len(both.alone))],
        _("goes on alone"): list(both.alone),
        _("goes on in the batch"): list(both.in_batch),
        _("same"): ["✓" if alone == batch else "✗" for alone, batch in zip(both.alone, both.in_batch, strict=True)],
    }
    st.dataframe(table, hide_index=True, key="pairs")


def _open(row: int, layer: int, head: int) -> None:
    st.session_state["open_prompt"] = row
    head_choice.choose(layer, head)


def _change(alone: str | None, in_batch: str | None) -> str:
    if alone is None:
        return ""
    return alone if alone == in_batch else f"{alone} → {in_batch}"


def _worst(prompt) -> str:
    return "0" if prompt.worst_head is None else f"{percent(prompt.padding_mass, 1)} · {head_label(*prompt.worst_head)}"
