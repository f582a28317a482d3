"""Offer the museum of padding mistakes: each fills the form, with the mistake or repaired; the address names it."""

import streamlit as st

from pages.same_alone.mistakes import set_mistakes
from pages.ui.markdown import literal
from pages.ui.prompt_form import BatchQuestion
from pages.ui.question import set_address
from viz.analysis.batches.museum import MUSEUM, REPAIRED, Exhibit
from viz.analysis.batches.same_alone import Mistakes
from viz.text import _, translated


def arrive() -> None:
    """Fill the form with the mistake that a link names, on the first run of a visit."""
    if st.session_state.setdefault("museum_entered", False):
        return
    st.session_state["museum_entered"] = True
    given = st.query_params
    if exhibit := MUSEUM.get(given.get("museum", "")):
        _show(exhibit, repaired=given.get("repaired") == "1")


def shelf() -> None:
    """List the mistakes, each with where it was reported, and two buttons."""
    with st.expander(_("Museum: five mistakes of real projects"), icon=":material/museum:"):
        for exhibit in MUSEUM.values():
            with st.container(border=True):
                st.markdown(f"**{literal(translated(exhibit.title))}** · {_thread(exhibit)}")
                st.markdown(literal(translated(exhibit.story)))
                row = st.container(horizontal=True)
                for label, repaired in ((_("Make the mistake"), False), (_("Repair it"), True)):
                    key = f"museum_{exhibit.name}_{'repaired' if repaired else 'mistake'}"
                    row.button(label, key=key, on_click=_show, args=(exhibit,), kwargs={"repaired": repaired})


def say_shown(question: BatchQuestion, mistakes: Mistakes) -> None:
    """Say which mistake of the museum this is, with or without its repair, and keep it in the address."""
    exhibit = _found(question, mistakes)
    repaired = exhibit is not None and mistakes == REPAIRED
    set_address({"museum": exhibit and exhibit.name, "repaired": "1" if repaired else None})
    if exhibit is None:
        return
    message = (
        _("**From the museum, repaired: {title}** ({thread}). {said}")
        if repaired
        else _("**From the museum: {title}** ({thread}). {said}")
    )
    said = translated(exhibit.repair if repaired else exhibit.story)
    st.markdown(message.format(title=literal(translated(exhibit.title)), thread=_thread(exhibit), said=literal(said)))


def _show(exhibit: Exhibit, *, repaired: bool) -> None:
    BatchQuestion.take(checkpoint=exhibit.checkpoint, text=exhibit.text, padding_side=exhibit.padding_side)
    set_mistakes(REPAIRED if repaired else exhibit.mistakes)


def _found(question: BatchQuestion, mistakes: Mistakes) -> Exhibit | None:
    """Find the mistake that is asked, exactly as it hangs there."""
    asked = (question.checkpoint, question.text, question.padding_side)
    for exhibit in MUSEUM.values():
        if asked == (exhibit.checkpoint, exhibit.text, exhibit.padding_side) and mistakes in (
            REPAIRED,
            exhibit.mistakes,
        ):
            return exhibit
    return None


def _thread(exhibit: Exhibit) -> str:
    return f"[{literal(exhibit.thread)}]({exhibit.link})"
