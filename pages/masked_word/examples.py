"""Offer sentences that show something: English ones for the models that come along, else what the model can read."""

import streamlit as st

from pages.masked_word.form import EXAMPLES, SentenceQuestion
from pages.ui.markdown import literal
from viz.analysis.scripts import languages_read
from viz.engine.local import engine
from viz.errors import N_
from viz.examples import example
from viz.records import Run
from viz.shipped import SHIPPED
from viz.text import _, translated

# What each English sentence shows, in their order: whoever reads no English well learns here why it is there.
SHOWS = (
    N_("An adverb and its verb: in Layer4_Head11 of headlight-bert “slow” looks at “moves”."),
    N_("The same words with the adverb in front: does the head follow the word, or its place?"),
    N_("Adjectives and their nouns: “narrow” belongs to “lane”, “small” to the hidden word."),
    N_("The same words with each adjective behind its noun."),
    N_("A hidden noun between its article and a preposition: “a” and “from the table” narrow it down."),
    N_("The same sentence in another order: the hidden word stands at its end."),
    N_("One word decides here: “reading”."),
    N_("Two hidden words, each guessed on its own: one who barks, one who is barked at."),
    N_("A beginning: headlight-gpt2 reads from left to right and guesses what comes next."),
    N_("A beginning whose next word is food: “eat” and “bowl” ask for it."),
    N_("A very short beginning: there is little to look at, and many words may follow."),
)


def choice(column, run: Run | None = None) -> None:
    """Offer sentences to start from; choosing one runs it. Those that the model of ``run`` can read come first."""
    column.selectbox(
        _("Examples"),
        [*_readable(run), *EXAMPLES],
        index=None,
        key="example",
        placeholder=_("Choose an example …"),
        on_change=_take,
    )


def say_what_it_shows(text: str) -> None:
    """Say what a sentence is an example of; nothing of a text of one's own."""
    place = st.container()  # there in any case: what is below would else move up a place, and be drawn anew
    if text in EXAMPLES:
        shows = translated(SHOWS[EXAMPLES.index(text)])
        place.caption(literal(_("What this example shows: {shows}").format(shows=shows)))


def _readable(run: Run | None) -> list[str]:
    if run is None or run.model.checkpoint in SHIPPED:
        return []
    key = ("languages read", run.model.checkpoint, run.model.revision)
    read = engine.remember(key, lambda: languages_read(run.model))
    sentences = [line for code in read for line in example("masked_word", f"sentences_{code}").splitlines()]
    return [line for line in sentences if ("[MASK]" not in line) == run.model.causal]


def _take() -> None:
    """Run an example: an English one on a shipped model where another kind stands there, others on what is there."""
    if not (chosen := st.session_state["example"]):
        return
    bert, gpt2 = SHIPPED
    model = st.session_state.get("model")
    if chosen in EXAMPLES and "[MASK]" not in chosen:
        model = gpt2
    elif model == gpt2:
        model = bert
    SentenceQuestion.take(text=chosen, checkpoint=model, truncate=False)
