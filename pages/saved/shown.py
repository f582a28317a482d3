"""Show an opened run: what it says of itself, its predictions where it has some, and its maps, without a model."""

import streamlit as st

from pages.ui import guard, head_choice, kind_choice, prompt_choice
from pages.ui.head_grid import head_grid, mark_head
from pages.ui.head_panel import Give, head_view
from pages.ui.markdown import literal
from pages.ui.predictions import prediction_panel
from pages.ui.run_facts import found_sums, say_rows
from viz.analysis.cross.steps import target_text
from viz.analysis.predictions import are_numbers
from viz.drawing.translations import pairs
from viz.names import kind_names
from viz.records import Run
from viz.text import _, ngettext

TWO_STACKS = "cross"


def facts(run: Run, name: str, key: str) -> None:
    """Say what a run is: its model and weights, its texts, its kinds of attention, whether its rows are shares."""
    st.header(literal(name), anchor=False)
    model, n_texts = run.model, len(run.batch.texts)
    weights = _("random weights") if model.weights == "random" else ""
    texts = ngettext("{n} text of {tokens} tokens", "{n} texts of {tokens} tokens", n_texts)
    said = [model.checkpoint, *filter(None, [model.family, model.revision[:12], weights])]
    said.append(texts.format(n=n_texts, tokens=run.batch.n_tokens))
    said += [_kind(run, kind) for kind in run.maps]
    if all(sums.are_shares for sums in found_sums(run, key)):
        said.append(_("every row sums to 1"))
    st.caption(literal(" · ".join(said)))
    say_rows(run, key)


def _kind(run: Run, kind: str) -> str:
    stack = run.stack(kind)
    message = _("{kind}: {layers} layers of {heads} heads")
    return message.format(kind=kind_names()[kind], layers=stack.n_layers, heads=stack.n_heads)


def text_choice(run: Run) -> int:
    """Show which text is open, where there are several, and give its row."""
    n_rows = len(run.batch.texts)
    row = prompt_choice.control(n_rows, whole_page=True, label=_("Text")) if n_rows > 1 else prompt_choice.chosen(1)
    if TWO_STACKS in run.maps:
        st.html(pairs([run.batch.texts[row]], [target_text(run, row)], [""], 0))
    else:
        st.caption(literal(prompt_choice.prompt_name(run, row, 400)))
    return row


def predictions(run: Run, row: int) -> None:
    """Draw the best words of the open text, from the logits in the file."""
    if run.model.words == "read" and not (run.readouts[:, 0] == row).any():
        st.info(_("This run holds no predictions of this text: its file has no read-outs there, only maps."))
    elif not are_numbers(run):
        st.info(_("The logits of this run are no numbers (NaN), so it has no predictions."))
    elif TWO_STACKS not in run.maps:
        prediction_panel(run, row)


def maps(run: Run, give: Give, row: int) -> None:
    """Draw all heads of the open text, and one of them."""
    if len(run.maps) > 1:
        predictions(run, row)
        kind_choice.boards(run, row)
        _one_of_several(give, row)
        return
    (kind,) = run.maps
    left, right = st.columns(2, gap="medium")
    with left:
        predictions(run, row)
        st.header(_("All heads"), anchor=False)
        head_grid(run, row, kind=kind)
    with right:
        _one(give, row)


@guard.fragment(key=head_choice.PANEL)
def _one(give: Give, row: int) -> None:
    run = give()
    (kind,) = run.maps
    st.header(_("One head"), anchor=False)
    layer, head = head_choice.controls(run.stack(kind))
    mark_head(layer, head, kind)
    head_view(give, row, layer, head, kind=kind)


@guard.fragment(key=head_choice.PANEL)
def _one_of_several(give: Give, row: int) -> None:
    run = give()
    st.header(_("One head"), anchor=False)
    kind = kind_choice.control(run)
    layer, head = head_choice.controls(run.stack(kind))
    mark_head(layer, head, kind, beside=run.maps)
    head_view(give, row, layer, head, kind=kind)
