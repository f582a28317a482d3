"""Ask for a claim: marked sentences, the head or any, and a model or saved runs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import streamlit as st

from pages.claim.sentences import sentence_makers
from pages.ui import opened
from pages.ui.long_work import ask_measured
from pages.ui.markdown import literal
from pages.ui.opened import TYPES, OpenedFile, brought, offer_opened
from pages.ui.question import Field, Question, model_field, set_address, submit
from pages.ui.run_facts import say_rows
from viz.analysis.claims.readings import Evidence
from viz.analysis.claims.text import MAX_SENTENCES, READY, MarkedSentence, read_sentences
from viz.engine.local import engine
from viz.engine.requests import Gather
from viz.names import parse_head
from viz.records import ModelInfo
from viz.shipped import SHIPPED
from viz.text import _, translated

ANY = "any"  # in the address; the field is empty then
HEAD = "Layer4_Head11"  # in headlight-bert it looks from the adverb at its verb, in either order


def _named_head(text: str) -> str:
    """Read the name of a head from an address; empty for any."""
    return "" if text.strip() == ANY else text.strip()


@dataclass(frozen=True, slots=True)
class ClaimQuestion(Question):
    """Name what is claimed: marked sentences as typed, a head's name or none for any, a model or saved runs."""

    NAME: ClassVar = "claim"
    FIELDS: ClassVar = (
        Field("text", "claim_text", "text"),
        Field("checkpoint", "claim_model", "model"),
        Field("head", "claim_head", "claim", _named_head, lambda head: head.strip() or ANY),
    )

    checkpoint: str = SHIPPED[0]
    text: str = READY[0].text
    head: str = HEAD
    files: tuple[OpenedFile, ...] = ()

    @classmethod
    def from_address(cls, given: Mapping[str, str], ending: str = "", otherwise: Question | None = None) -> Self:
        """Read a claim from an address; a head that stands there alone is the one that is tested."""
        if "head" in given and "claim" not in given:
            given = {**given, "claim": given["head"]}
        return super(ClaimQuestion, cls).from_address(given, ending, otherwise)

    @property
    def sentences(self) -> tuple[MarkedSentence, ...]:
        """Give the sentences; raises ``NoSentences``, ``TooManySentences`` or ``WrongMarks``."""
        return read_sentences(self.text)

    @property
    def request(self) -> Gather:
        """Give what the engine is asked where there are no files; raises what ``sentences`` raises."""
        return Gather(self.checkpoint, self.sentences, self.revision)

    def tested_head(self, model: ModelInfo) -> tuple[int, int] | None:
        """Give the head that was named, None for any; raises ``UnknownHead`` or ``HeadOutOfRange``."""
        return None if self.head.strip() in ("", ANY) else parse_head(self.head, model.n_layers, model.n_heads)

    def evidence(self) -> Evidence:
        """Give what the claim is judged by; raises what ``sentences`` and the engine raise, or ``NotARun``."""
        return opened.evidence(self.files, self.sentences) if self.files else engine.ask(self.request)


def ask() -> ClaimQuestion:
    """Show the form and give the question in it; the first visit finds an example."""
    if (file := brought()) is not None:
        st.session_state["asked_claim"] = replace(ClaimQuestion.current(), files=(file,))
    question = ClaimQuestion.current()
    question.fill()
    message = _(
        "In each sentence mark the query, the word that looks, as *so*, and the key, the word it should look at, "
        "as _so_."
    )
    st.caption(literal(message))
    with st.form("claim_question", border=False):
        text_column, choice_column = st.columns([3, 1], vertical_alignment="bottom")
        label = _("Sentences, one a line (up to {n})").format(n=MAX_SENTENCES)
        text_column.text_area(label, key="claim_text", height=246)
        choice_column.text_input(
            _("Head (empty: any)"),
            key="claim_head",
            placeholder=_("any head"),
            help=_(
                "Name one before you look, as Layer4_Head11 or L3H10. Without a name all heads are searched, and p is "
                "corrected for that."
            ),
        )
        model_field(choice_column, "claim_model")
        submit(choice_column, _("Test"), ClaimQuestion.take, type="primary", width="stretch")
    _more_ways()
    if question.files:
        message = _("Tested on saved runs: {names}. Press Test to run the model instead.")
        st.caption(literal(message.format(names=", ".join(file.name for file in question.files))))
    set_address(question.to_address())
    return question


def answer(question: ClaimQuestion) -> ClaimQuestion | None:
    """Run the sentences and give the claim; where it cannot be tested, say why and give the last one that was."""
    answered = question.answered(_gathered)
    if answered is None:
        return None
    for file in answered[0].files:
        say_rows(file.run(), file.digest)
    return answered[0]


def _gathered(question: ClaimQuestion) -> Evidence:
    """Give the evidence, with a bar while it is made, if the head that is named is one."""
    made = question.evidence() if question.files else ask_measured(question.request, len(question.sentences))
    question.tested_head(made.model)
    return made


def _more_ways() -> None:
    """Offer ready claims, sentences from a template or by clicking, and saved runs instead of a model."""
    row = st.container(horizontal=True, vertical_alignment="center")
    for ready in READY:
        row.button(translated(ready.title), key=f"example_{ready.name}", on_click=_take_text, args=(ready.text,))
    sentence_makers(row, _take_text)
    with row.popover(_("From saved runs"), icon=":material/upload_file:"):
        st.file_uploader(
            _("Saved runs (.npz, .safetensors) that hold the sentences; no model is needed"),
            TYPES,
            key="claim_files",
            accept_multiple_files=True,
            on_change=_files_given,
        )
        offer_opened("claim_opened", _take_file)


def _take_text(text: str) -> None:
    """Test other sentences, on the same saved runs as long as they are chosen."""
    ClaimQuestion.take(text=text, files=ClaimQuestion.current().files)


def _take_file(file: OpenedFile) -> None:
    """Test on one more run that was opened in this visit."""
    files = {of.digest: of for of in (*ClaimQuestion.current().files, file)}
    ClaimQuestion.take(files=tuple(files.values()))


def _files_given() -> None:
    given = st.session_state.get("claim_files") or ()
    files = {file.digest: file for file in (OpenedFile.of(of.name, of.getvalue()) for of in given)}
    ClaimQuestion.take(files=tuple(files.values()))
