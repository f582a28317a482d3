"""Show what was read of the open head: texts, spreads, links, and what was left out."""

from urllib.parse import urlencode

import streamlit as st

from pages.corpus.form import CorpusQuestion
from pages.corpus.tables import links_panel, save, spreads_panel
from pages.ui import guard, head_choice
from pages.ui.markdown import literal
from pages.ui.question import MAX_ADDRESS
from viz.analysis.corpus.cells import row_shades, word_cells
from viz.analysis.corpus.lines import left_out_said, left_out_table
from viz.analysis.corpus.reading import Head, Reading
from viz.analysis.corpus.standings import Standing, ranked_texts, standings, strength_said, texts_table
from viz.analysis.openings import heads
from viz.drawing.shaded_sentence import sentence
from viz.engine.local import engine
from viz.engine.reasons.requests import ReadCorpus
from viz.engine.requests import Ask
from viz.names import head_label, position_number
from viz.text import _, ngettext, number

EACH = 3  # texts in a group


@guard.fragment(key=head_choice.PANEL)
def corpus_panel(question: CorpusQuestion) -> None:
    """Draw the open head; all heads were read together, so another one runs no text but those that are shown."""
    reading = engine.ask(question.request)
    head = head_choice.controls(reading.model)
    _what_was_read(question, reading, head)
    texts, jobs, links = st.tabs([_("Texts"), _("Jobs over texts"), _("Words it links")])
    with texts:
        _texts(question, reading, head)
    with jobs:
        spreads_panel(reading, head)
    with links:
        links_panel(reading, head)


def said(request: ReadCorpus) -> list[str]:
    """Say for the opening of the page what was read, and where the open head is strongest."""
    reading = engine.ask(request)
    return heads.corpus(reading, head_choice.chosen(reading.model))


def _what_was_read(question: CorpusQuestion, reading: Reading, head: Head) -> None:
    """Say how many lines there are, were read, and were left out."""
    name = question.file or _("the sample")
    said = _("{read} of {all} lines of {name} were read.").format(
        read=number(reading.n_lines), all=number(len(question.all_lines)), name=name
    )
    without = len(reading.lines) - len(ranked_texts(reading, head))
    if without:
        message = ngettext(
            "{n} has no two words that count and could look at each other: it has no rank.",
            "{n} have no two words that count and could look at each other: they have no rank.",
            without,
        )
        said = f"{said} {message.format(n=number(without))}"
    st.caption(literal(said))
    if reading.left_out:
        st.warning(literal(left_out_said(reading.left_out)))
        save(_("Lines that were left out as CSV"), left_out_table(reading.left_out), "left_out.csv")


def _texts(question: CorpusQuestion, reading: Reading, head: Head) -> None:
    """Show three groups of texts, each text shaded by the row of its strongest cell."""
    st.caption(strength_said())
    titles = {"strongest": _("Strongest"), "median": _("Around the median"), "weakest": _("Weakest")}
    n_ranked = len(ranked_texts(reading, head))
    for group, found in standings(reading, head, EACH).items():
        st.header(titles[group], anchor=False)
        for standing in found:
            _text(question, standing, head, n_ranked)
    save(
        _("All texts as CSV"),
        texts_table(reading, head, question.lines),
        f"corpus_texts_{head_label(*head)}.csv",
    )


def _text(question: CorpusQuestion, of: Standing, head: Head, n_ranked: int) -> None:
    text = question.lines[of.line]
    message = _("Line {line}, rank {rank} of {n}: “{query}” gives {weight:.4f} to “{key}”")
    said = message.format(
        line=number(position_number(of.line)),
        rank=number(of.rank),
        n=number(n_ranked),
        query=of.query_word,
        key=of.key_word,
        weight=of.strength,
    )
    words, link = st.columns([5, 1], vertical_alignment="center")
    with words:
        st.markdown(literal(said))
        run = guard.attempt(engine.ask, Ask(question.checkpoint, (text,), question.revision))
        if run is not None:
            cells = word_cells(run, 0, count_special=question.count_special)
            st.html(sentence(row_shades(cells, *head, of.query), said))
    asked = {"text": text, "model": question.checkpoint, "head": head_label(*head)}
    if len(text) <= MAX_ADDRESS:
        link.link_button(
            _("Open"), f"./masked_word?{urlencode(asked)}", help=_("Open this text on “Masked word”, with this head")
        )
