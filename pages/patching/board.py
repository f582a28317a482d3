"""Show what each patch did: the two answers, the board, the strongest patches, a table."""

import streamlit as st

from pages.patching.controls import choose_token
from pages.ui import head_choice
from pages.ui.heat_map import heat_map
from pages.ui.markdown import literal
from viz.analysis import tables
from viz.analysis.reasons.patching import Patched, patch_table, strongest
from viz.drawing.patch_board import patch_board
from viz.names import head_title, layer_label, position_number
from viz.text import _, number, percent

N_NAMED = 4


def board_panel(patched: Patched) -> None:
    """Draw the board beside the patches that moved the answer furthest."""
    _say_ends(patched)
    chart, named = st.columns([3, 2], gap="medium")
    with named:
        if patched.what == "heads":
            choose_token(patched)
        _named(patched)
    with chart:
        spoken = _("One cell a patch: layers down, what was patched across; blue: the answer goes towards B's")
        heat_map(patch_board(patched), "patch_board", spoken)
    st.caption(literal(_explained(patched)))
    _table(patched)


def _say_ends(patched: Patched) -> None:
    """Say where the sentences differ, and both answers."""
    pairs = zip(*patched.tokens, strict=True)
    differ = [f"{position_number(at)} {a} → {b}" for at, (a, b) in enumerate(pairs) if a != b]
    if not differ:
        st.info(_("Both sentences have the same tokens, so nothing can be told from a patch. Change a word in one."))
    else:
        st.markdown(_("The sentences differ at: {tokens}").format(tokens=f"**{literal(', '.join(differ))}**"))
    answer, rival = (f"**{literal(word)}**" for word in patched.words)
    message = _(
        "logit({answer}) − logit({rival}), at token {number}: **{a}** in A, **{b}** in B. Probability of {answer}: "
        "{p_a} in A, {p_b} in B."
    )
    ends = dict(zip("ab", (number(end, 3, signed=True) for end in patched.ends), strict=True))
    shares = [percent(float(share), 1) for share in patched.end_probabilities[:, 0]]
    said = {"answer": answer, "rival": rival, "number": position_number(patched.readout), **ends}
    st.markdown(message.format(**said, p_a=shares[0], p_b=shares[1]))
    if differ and not patched.has_way:
        st.info(_("Both sentences answer alike, so the board shows plain shifts. Choose two words they tell apart."))


def _named(patched: Patched) -> None:
    heading = _("Moved the answer furthest")
    st.markdown(f"**{literal(heading)}**")
    for layer, column in strongest(patched, N_NAMED):
        shift = number(float(patched.shifts[layer, column]), 3, signed=True)
        share = percent(float(patched.shares[layer, column]), 0) if patched.has_way else "–"
        if patched.what == "heads":
            label = _("{head}: {share} of the way ({shift})")
            text = label.format(head=head_title(layer, column), share=share, shift=shift)
            name = f"patch_head_{layer}_{column}"
            st.button(literal(text), key=name, on_click=head_choice.choose, args=(layer, column))
        else:
            label = _("{layer}, token {number} {token}: {share} of the way ({shift})")
            place = {"layer": layer_label(layer), "number": position_number(column), "token": patched.tokens[0][column]}
            st.markdown(literal(label.format(**place, share=share, shift=shift)))


def _explained(patched: Patched) -> str:
    """Say what was done, in words, and how a cell is reckoned."""
    if patched.what == "heads":
        what = _(
            "The output of one head, before the output projection, is replaced in A's pass by what the same head gives "
            "in B's pass at the same token; everything after it is computed anew. “all”: all heads of the layer at "
            "once."
        )
    else:
        what = _(
            "The state (residual stream) that enters a layer at one token is replaced in A's pass by B's at the same "
            "token; everything after it is computed anew. “all”: all tokens at once, which is B's pass from there on, "
            "so it is always 1."
        )
    formula = _(
        "Cell = (d(patched) − d(A)) / (d(B) − d(A)), where d = logit(answer) − logit(rival) at the token where the "
        "answer is read: 0 = as in A, 1 = as in B, less than 0 = away from B, more than 1 = beyond B. A cell near 0 "
        "may still be a head that matters: later layers may repair what was changed (self-repair; McGrath et al. 2023)."
    )
    return f"{what} {formula}"


def _table(patched: Patched) -> None:
    """List all patches in an expander, with the CSV."""
    table = patch_table(patched)
    expander = st.expander(_("Table of all patches"), on_change="rerun", key="patch_table_open")
    if not expander.open:
        return
    words = {
        "head": _("head"),
        "index": _("from 0"),
        "layer": _("layer"),
        "position": _("position"),
        "token_a": _("token of A"),
        "token_b": _("token of B"),
        "logit_answer": _("logit of the answer"),
        "logit_rival": _("logit of the rival"),
        "difference": _("difference"),
        "shift": _("shift"),
        "share_of_way": _("share of the way"),
        "probability_answer": _("probability of the answer"),
        "probability_rival": _("probability of the rival"),
    }
    shown = {
        words[name]: [str(of) for of in column] if name == "position" else column for name, column in table.items()
    }
    numbers = [name for name in ("difference", "shift", "share_of_way")]
    config = {words[name]: st.column_config.NumberColumn(format="%+.4f") for name in numbers}
    expander.dataframe(shown, hide_index=True, height=320, column_config=config, key="patch_table")
    expander.download_button(
        _("CSV"),
        lambda: tables.as_csv(table),
        f"patch_{patched.what}.csv",
        "text/csv",
        key="patch_csv",
        icon=":material/download:",
        on_click="ignore",
    )
