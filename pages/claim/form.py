"""Ask for a claim: marked sentences, the head or any, and a model or saved runs."""

import hashlib
from dataclasses import dataclass

import streamlit as st

from pages.claim.sentences import sentence_makers
from pages.ui import head_runs
from pages.ui.markdown import literal
from viz.analysis.claims.text import EXAMPLES, MAX_SENTENCES, MarkedSentence, read_sentences
from viz.errors import VizError
from viz.names import parse_head
from viz.records import ModelInfo
from viz.shipped import SHIPPED
from viz.text import _, sentence, translated

ANY = "any"
HEAD = "Layer3_Head2"  # in headlight-bert it looks from the adverb at its verb, in either order
MAX_ADDRESS = 1_500  # characters; browsers and chat programs cut longer links


@dataclass(frozen=True, slots=True)
class ClaimQuestion:
    """Name what is claimed: marked sentences as typed, a head's name or "any", a model or uploaded runs."""

    checkpoint: str = SHIPPED[0]
    text: str = EXAMPLES[0].text
    head: str = HEAD
    files: tuple[str, ...] = ()  # digests of saved runs

    @property
    def sentences(self) -> tuple[MarkedSentence, ...]:
        """Give the sentences; raises ``NoSentences``, ``TooManySentences`` or ``WrongMarks``."""
        return read_sentences(self.text)

    def tested_head(self, model: ModelInfo) -> tuple[int, int] | None:
        """Give the head that was named, None for any; raises ``UnknownHead`` or ``HeadOutOfRange``."""
        return None if self.head == ANY else parse_head(self.head, model.n_layers, model.n_heads)


def ask() -> ClaimQuestion:
    """Show the form and give the question in it; the first visit finds an example."""
    question = _current()
    _fill_fields(question)
    st.caption(
        literal(
            _(
                "In each sentence mark the query, the word that looks, as *so*, and the key, the word it should look "
                "at, as _so_."
            )
        )
    )
    with st.form("claim_question", border=False):
        text_column, choice_column = st.columns([3, 1], vertical_alignment="bottom")
        label = _("Sentences, one a line (up to {n})").format(n=MAX_SENTENCES)
        text_column.text_area(label, key="claim_text", height=246)
        with choice_column:
            st.text_input(
                _("Head (empty: any)"),
                key="claim_head",
                placeholder=_("any head"),
                help=_(
                    "Name one before you look, as Layer4_Head11 or L3H10. Without a name all heads are searched, and "
                    "p is corrected for that."
                ),
            )
            st.selectbox(
                _("Model"),
                SHIPPED,
                key="claim_model",
                accept_new_options=True,
                help=_("A shipped model, a folder with weights, or a name on the Hub such as bert-base-uncased."),
            )
            st.form_submit_button(_("Test"), type="primary", width="stretch", on_click=_take_form)
    _examples()
    _say_files(question)
    _write_address(question)
    return question


def answer(question: ClaimQuestion) -> tuple[ClaimQuestion, head_runs.Evidence] | None:
    """Run the sentences; where the claim cannot be tested, say why and keep the last one on the page."""
    try:
        made = _gathered(question)
        question.tested_head(made.runs[0].model)
    except VizError as error:
        st.error(literal(sentence(error)))
        last = st.session_state.get("last_claim")
        if last is None:
            return None
        st.caption(_("Below is still the last answer."))
        return last, _gathered(last)
    st.session_state["last_claim"] = question
    if made.runs[0].model.weights == "random":
        st.warning(_("The weights of this model are random, not trained: its words and its heads mean nothing."))
    return question, made


def _gathered(question: ClaimQuestion) -> head_runs.Evidence:
    if question.files:
        kept = st.session_state["claim_data"]
        return head_runs.saved_evidence(tuple(kept[digest] for digest in question.files), question.sentences)
    return head_runs.evidence(question.checkpoint, question.sentences)


def _current() -> ClaimQuestion:
    """Give this visitor's question; a link brings one along, the first visit gets the example."""
    if "asked_claim" not in st.session_state:
        given, default = st.query_params, ClaimQuestion()
        st.session_state["asked_claim"] = ClaimQuestion(
            given.get("model", default.checkpoint),
            given.get("text", default.text),
            given.get("claim", given.get("head", default.head)),
        )
    return st.session_state["asked_claim"]


def _fill_fields(question: ClaimQuestion) -> None:
    """Put the question into the fields where they are new: coming from another page they would stay empty."""
    if st.session_state.get("form_page") != "claim" or "claim_text" not in st.session_state:
        head = "" if question.head == ANY else question.head
        st.session_state.update(claim_text=question.text, claim_model=question.checkpoint, claim_head=head)
    st.session_state["form_page"] = "claim"


def _take_form() -> None:
    _ask_anew(files=())


def _ask_anew(**changes) -> None:
    fields = {
        "checkpoint": (st.session_state["claim_model"] or "").strip() or SHIPPED[0],
        "text": st.session_state["claim_text"] or "",
        "head": (st.session_state["claim_head"] or "").strip() or ANY,
    }
    st.session_state["asked_claim"] = ClaimQuestion(**(fields | changes))


def _examples() -> None:
    """Offer ready claims, sentences from a template or by clicking, and saved runs instead of a model."""
    row = st.container(horizontal=True, vertical_alignment="center")
    for example in EXAMPLES:
        row.button(translated(example.title), key=f"example_{example.name}", on_click=_take_text, args=(example.text,))
    sentence_makers(row, _take_text)
    with row.popover(_("From saved runs"), icon=":material/upload_file:"):
        st.file_uploader(
            _("Saved runs (.npz) that hold the sentences; no model is needed"),
            ["npz"],
            key="claim_files",
            accept_multiple_files=True,
            on_change=_files_given,
        )


def _take_text(text: str) -> None:
    st.session_state["claim_text"] = text
    _ask_anew(files=st.session_state["asked_claim"].files if st.session_state.get("claim_files") else ())


def _files_given() -> None:
    given = {
        hashlib.sha256(file.getvalue()).hexdigest(): (file.getvalue(), file.name)
        for file in st.session_state["claim_files"]
    }
    last = st.session_state.get("last_claim")
    kept = {digest: st.session_state["claim_data"][digest] for digest in last.files} if last else {}
    st.session_state["claim_data"] = kept | given
    _ask_anew(files=tuple(given))


def _say_files(question: ClaimQuestion) -> None:
    if question.files:
        names = ", ".join(st.session_state["claim_data"][digest][1] for digest in question.files)
        st.caption(
            literal(_("Tested on saved runs: {names}. Press Test to run the model instead.").format(names=names))
        )


def _write_address(question: ClaimQuestion) -> None:
    """Keep the question in the address; a text too long for one stays out of it, and files do."""
    st.query_params["model"] = question.checkpoint
    st.query_params["claim"] = question.head
    if len(question.text) <= MAX_ADDRESS:
        st.query_params["text"] = question.text
    elif "text" in st.query_params:
        del st.query_params["text"]
