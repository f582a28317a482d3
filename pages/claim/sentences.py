"""Make marked sentences: from a template with word lists, or by choosing query and key in a plain sentence."""

import re
from collections.abc import Callable

import streamlit as st

from pages.ui.markdown import literal
from viz.analysis.claims.templates import MAX_FILLED, fill_template, read_lists
from viz.analysis.claims.text import MarkedSentence, marked
from viz.errors import VizError
from viz.text import _, sentence

TEMPLATE = "The {animal} _{verb}_ *{adverb}* across the road.\nThe {animal} *{adverb}* _{verb}_ across the road."
LISTS = "animal: turtle, dog, cat\nverb: moves, runs\nadverb: slowly, quickly"
PLAIN = "The turtle moves slow across the road."
_OPEN = ("claim_template_open", "claim_marking_open")


def sentence_makers(place, take: Callable[[str], None]) -> None:
    """Offer both ways; ``take`` is given the new text of all sentences, before the page runs."""

    def take_and_close(text: str) -> None:
        st.session_state.update(dict.fromkeys(_OPEN, False))
        take(text)

    template_open, marking_open = _OPEN
    with place.popover(_("From a template"), icon=":material/view_list:", key=template_open, on_change="rerun"):
        _template_form(take_and_close)
    with place.popover(_("Mark by clicking"), icon=":material/ads_click:", key=marking_open, on_change="rerun"):
        _marking(take_and_close)


def _template_form(take: Callable[[str], None]) -> None:
    message = _(
        "Each {slot} stands for a word of its list; *query* and _key_ are marked. Several lines are made together, "
        "for a swapped order."
    )
    st.caption(literal(message))
    _keep("claim_template", TEMPLATE)
    _keep("claim_lists", LISTS)
    st.text_area(_("Template, one or more lines"), key="claim_template", height=92)
    st.text_area(_("Word lists, one a line"), key="claim_lists", height=104)
    n_column, seed_column = st.columns(2)
    n = n_column.number_input(_("At most so many"), 1, MAX_FILLED, 24, key="claim_n")
    seed = seed_column.number_input(
        _("Seed"), 0, 9_999, 0, key="claim_seed", help=_("Which of them are drawn, where there are more.")
    )
    try:
        made = fill_template(
            st.session_state["claim_template"], read_lists(st.session_state["claim_lists"]), n=n, seed=seed
        )
    except VizError as error:
        st.error(literal(sentence(error)))
        return
    st.caption(literal(_("{n} sentences, such as: {first}").format(n=len(made), first=made[0][:200])))
    st.button(_("Test these sentences"), key="claim_fill", type="primary", on_click=take, args=("\n".join(made),))


def _marking(take: Callable[[str], None]) -> None:
    """Show the words of a sentence as buttons, once for the query and once for the key."""
    _keep("claim_plain", PLAIN)
    text = " ".join(st.text_input(_("Sentence"), key="claim_plain").split())
    words = list(re.finditer(r"\w+", text))[:60]

    def name(at: int) -> str:
        return literal(words[at][0])

    stamp = hash(text)  # in another sentence the words chosen before are others
    query = st.pills(_("Query: this word looks"), range(len(words)), key=f"claim_query_{stamp}", format_func=name)
    key = st.pills(_("Key: at this word"), range(len(words)), key=f"claim_key_{stamp}", format_func=name)
    if query is None or key is None or query == key:
        st.caption(_("Choose two different words."))
        return
    line = marked(MarkedSentence(text, words[query].span(), words[key].span()))
    st.code(line, language=None, wrap_lines=True)
    before = (st.session_state["claim_text"] or "").rstrip()
    st.button(
        _("Add this sentence"), key="claim_add", type="primary", on_click=take, args=(f"{before}\n{line}".strip(),)
    )
    st.button(_("Test only this sentence"), key="claim_only", on_click=take, args=(line,))


def _keep(key: str, first: str) -> None:
    """Fill a field where it is new."""
    if key not in st.session_state:
        st.session_state[key] = first
