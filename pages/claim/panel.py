"""Show how a claim fared: the verdict first, its numbers, the sentences one by one, and the map of the open one."""

import streamlit as st

from pages.claim.form import ClaimQuestion
from pages.claim.tables import sentence_table, standings_and_rules
from pages.ui import guard, head_choice, prompt_choice
from pages.ui.head_grid import mark_head
from pages.ui.head_panel import head_view
from pages.ui.markdown import literal
from viz.analysis.claims import report, verdict
from viz.analysis.claims.readings import Evidence, marked_tokens
from viz.analysis.claims.text import marked
from viz.analysis.claims.verdict import Result, Verdict
from viz.analysis.openings import heads
from viz.files import claims
from viz.names import head_label, position_number
from viz.text import _, number

NUMBER_PX = 145  # two stand beside each other on a phone
_SIGNS = {Verdict.HOLDS: ":material/check_circle:", Verdict.NOT_SHOWN: ":material/cancel:"}


@guard.fragment(key=head_choice.PANEL)
def claim_panel(question: ClaimQuestion) -> None:
    """Judge and draw; another sentence or head runs only this part of the page, and no pass."""
    evidence = question.evidence()
    result = _judged(question, evidence)
    _open_the_judged_head(question, result)
    _verdict(result)
    _numbers(result)
    row = _sentences(result, evidence)
    left, right = st.columns(2, gap="medium")
    with left:
        standings_and_rules(result)
        _export(question, result)
    with right:
        _map(question, result, evidence, row)


def said(question: ClaimQuestion) -> list[str]:
    """Say for the opening of the page what was counted."""
    return heads.claim(_judged(question, question.evidence()))


def _judged(question: ClaimQuestion, evidence: Evidence) -> Result:
    return verdict.judge(evidence.readings, question.tested_head(evidence.model), evidence.left_out)


def _open_the_judged_head(question: ClaimQuestion, result: Result) -> None:
    """Open the head the verdict is about when a claim is new; later any other may be opened.

    An address that names a head to open beside the claim is followed.
    """
    arrives = "claim_shown" not in st.session_state
    if st.session_state.get("claim_shown") == question:
        return
    st.session_state["claim_shown"] = question
    if not (arrives and {"head", "claim"} <= set(st.query_params)):
        st.session_state["open_head"] = result.standing.layer, result.standing.head
        st.session_state["head_error"] = None
    if not (arrives and "prompt" in st.query_params):
        st.session_state["open_prompt"] = 0


def _verdict(result: Result) -> None:
    """Say the verdict; a sign and words carry it, never colour alone."""
    say = st.success if result.holds else st.error if result.verdict is Verdict.NOT_SHOWN else st.warning
    say(f"**{literal(report.verdict_sentence(result))}**", icon=_SIGNS.get(result.verdict, ":material/warning:"))
    if result.n_searched > 1:
        message = _(
            "The best of {n} heads was searched for on these very sentences: test it on other sentences, named "
            "beforehand."
        )
        st.caption(message.format(n=result.n_searched))
    else:
        st.caption(
            _(
                "p holds for a head that was named beforehand. Whoever tries head after head by hand is searching: "
                "leave the head empty then."
            )
        )
    if left_out := report.left_out_sentence(result):
        st.info(left_out)


def _numbers(result: Result) -> None:
    standing, total = result.standing, len(result.readings)
    swapped = result.swapped
    shown = {
        _("hits"): (f"{standing.hits} / {total}", _("by luck {luck:.1f}").format(luck=result.luck)),
        _("p, corrected"): (report.shown_p(result.p_corrected), _corrected(result)),
        _("mean weight at the key"): (
            number(standing.mean_weight, 3),
            _("an even look: {even:.3f}").format(even=result.even),
        ),
        _("rank of this head"): (str(standing.rank), _("of {n} heads").format(n=result.n_heads)),
        _("swapped order"): (f"{swapped.hits} / {swapped.total}", _first_order(result))
        if swapped.total
        else ("–", _("no sentence swaps it")),
    }
    row = st.container(horizontal=True)
    for label, (value, note) in shown.items():
        place = row.container(width=NUMBER_PX, gap=None)
        place.metric(label, value)
        place.caption(literal(note))


def _corrected(result: Result) -> str:
    message = _("for {n} searched heads; {p} for one") if result.n_searched > 1 else _("one head was tested")
    return message.format(n=result.n_searched, p=report.shown_p(result.p))


def _first_order(result: Result) -> str:
    same = result.same_order
    return _("first order: {hits} / {total}").format(hits=same.hits, total=same.total)


def _sentences(result: Result, evidence: Evidence) -> int:
    """Show the sentences and the choice of the open one; gives its place."""
    st.header(_("Sentences"), anchor=False)
    lines = [f"{position_number(at)}  {marked(of.sentence)}" for at, of in enumerate(result.readings)]
    row = prompt_choice.chosen(len(lines))
    st.session_state["claim_sentence"] = row
    sentence_table(result, evidence.runs)
    st.selectbox(
        _("Sentence whose map is shown"),
        range(len(lines)),
        key="claim_sentence",
        format_func=lines.__getitem__,
        on_change=lambda: prompt_choice.choose(st.session_state["claim_sentence"]),
    )
    return row


def _map(question: ClaimQuestion, result: Result, evidence: Evidence, row: int) -> None:
    """Draw the open head over the open sentence, the query's row framed."""
    of = result.readings[row]
    source, run = of.source, evidence.runs[of.source]
    layer, head = head_choice.controls(run.model)
    mark_head(layer, head)
    query, _key = marked_tokens(run, of)
    message = _("{head} gives the key {weight:.3f} in: {sentence} Framed: the query's row.")
    st.caption(
        literal(
            message.format(
                sentence=marked(of.sentence), head=head_label(layer, head), weight=float(of.key_weights[layer, head])
            )
        )
    )
    head_view(lambda: question.evidence().runs[source], of.row, layer, head, query=query[0])


def _export(question: ClaimQuestion, result: Result) -> None:
    def make() -> bytes:
        evidence = question.evidence()
        return claims.as_zip(evidence.runs, _judged(question, evidence))

    name = f"claim_{head_label(result.standing.layer, result.standing.head)}.zip"
    st.download_button(
        _("Download the analysis (ZIP)"),
        make,
        name,
        "application/zip",
        key="claim_zip",
        on_click="ignore",
        icon=":material/download:",
        help=_("analysis.md with the claim, the verdict and all tables, and one PNG a sentence."),
    )
