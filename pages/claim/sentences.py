"""Make marked sentences: from a template with word lists, or by choosing query and key in a plain sentence."""

import re
from collections.abc import Callable

import streamlit as st

from pages.ui import guard
from pages.ui.markdown import literal
from viz.analysis.claims.templates import MAX_FILLED, fill_template, read_lists
from viz.analysis.claims.text import MarkedSentence, marked
from viz.examples import example
from viz.text import _

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
    _keep("claim_template", example("claims", "template"))
    _keep("claim_lists", example("claims", "lists"))
    st.text_area(_("Template, one or more lines"), key="claim_template", height=92)
    st.text_area(_("Word lists, one a line"), key="claim_lists", height=104)
    n_column, seed_column = st.columns(2)
    n = n_column.number_input(_("At most so many"), 1, MAX_FILLED, 24, key="claim_n")
    seed = seed_column.number_input(
        _("Seed"), 0, 9_999, 0, key="claim_seed", help=_("Which of them are drawn, where there are more.")
    )
    made = guard.attempt(_filled, n, seed)
    if made is None:
        return
    st.caption(literal(_("{n} sentences, such as: {first}").format(n=len(made), first=made[0][:200])))
    st.button(_("Test these sentences"), key="claim_fill", type="primary", on_click=take, args=("\n".join(made),))


def _filled(n: int, seed: int) -> list[str]:
    lists = read_lists(st.session_state["claim_lists"])
    return fill_template(st.session_state["claim_template"], lists, n=n, seed=seed)


def _marking(take: Callable[[str], None]) -> None:
    """Show the words of a sentence as buttons, once for the query and once for the key."""
    _keep("claim_plain", example("claims", "plain"))
    text = " ".join((st.text_input(_("Sentence"), key="claim_plain") or "").split())
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
