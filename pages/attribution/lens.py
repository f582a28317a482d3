"""Show what the model would answer after each layer: best words, logit and rank of the answer (logit lens)."""

import streamlit as st

from pages.ui.markdown import literal
from viz.analysis import tables
from viz.analysis.reasons.attribution import Attribution, lens_table, settles
from viz.names import folder_name, layer_label
from viz.text import _, number

N_WORDS = 5


def lens_panel(of: Attribution, text: str) -> None:
    """Say from which layer on the answer leads, and list the words of every layer."""
    st.header(_("The answer after each layer"), anchor=False)
    st.markdown(_said(of))
    st.dataframe(_shown(of), hide_index=True, key="attribution_lens")
    st.caption(
        literal(
            _(
                "Logit lens: the state of the last token after a layer goes through the model's last norm, with the "
                "state's own scale, and the output layer, as if no layer followed. The last line is the model's own "
                "answer."
            )
        )
    )
    st.download_button(
        _("These words as CSV"),
        lambda: tables.as_csv(lens_table(of)),
        f"{folder_name(text)}_lens.csv",
        "text/csv",
        key="attribution_lens_csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _said(of: Attribution) -> str:
    answer, first = f"**{literal(of.words[0])}**", settles(of)
    if first is None:
        message = _("{answer} is not the best word of the model: its rank is {rank}.")
        return message.format(answer=answer, rank=number(int(of.lens.ranks[-1, 0])))
    if first == 0:
        return _("{answer} is the best word even before the first layer, and stays it.").format(answer=answer)
    message = _("From {layer} on {answer} is the best word.")
    return message.format(layer=literal(layer_label(first - 1)), answer=answer)


def _shown(of: Attribution) -> dict[str, list]:
    """Put a layer a line, the embeddings first."""
    lens, answer, rival = of.lens, of.words[0], of.words[1]
    n_layers = len(lens.ranks) - 1
    shown: dict[str, list] = {_("after"): [_("embeddings"), *(layer_label(layer) for layer in range(n_layers))]}
    shown[_("rank of the answer ({word})").format(word=answer)] = [number(int(rank)) for rank in lens.ranks[:, 0]]
    shown[_("its logit")] = [number(float(logit), 2) for logit in lens.logits[:, 0]]
    if rival is not None:
        shown[_("rank of the rival ({word})").format(word=rival)] = [number(int(rank)) for rank in lens.ranks[:, 1]]
    vocabulary = of.model.vocabulary
    for place in range(min(N_WORDS, lens.top_ids.shape[1])):
        words = zip(lens.top_ids[:, place].tolist(), lens.top_logits[:, place].tolist())
        shown[_("{place}. word").format(place=place + 1)] = [
            f"{vocabulary[token_id]}  {number(logit, 1)}" for token_id, logit in words
        ]
    return shown
