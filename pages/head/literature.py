"""Say what others found of a head, and measure it again when asked to."""

import streamlit as st

from pages.ui.long_work import ask_measured
from pages.ui.markdown import literal
from viz.analysis.claims.readings import Reading
from viz.analysis.claims.text import MarkedSentence
from viz.analysis.heads.boards import Board, Head
from viz.analysis.known import report
from viz.analysis.known.file import known
from viz.analysis.known.findings import Finding
from viz.analysis.known.remeasure import REPEATED, remeasure, texts_of
from viz.engine.local import engine
from viz.engine.requests import Gather, Measure, RepeatWords
from viz.records import ModelInfo
from viz.text import _, translated


class _Asked:
    """Measure by requests, so that the answers serve every visitor."""

    def __init__(self, model: ModelInfo):
        self._of = model.checkpoint, model.revision

    def readings(self, sentences: tuple[MarkedSentence, ...]) -> tuple[Reading, ...]:
        checkpoint, revision = self._of
        return ask_measured(Gather(checkpoint, sentences, revision), len(sentences)).readings

    def board(self, texts: str) -> Board:
        checkpoint, revision = self._of
        repeated = RepeatWords(checkpoint, revision=revision)
        lines = engine.ask(repeated) if texts == REPEATED else texts_of(texts)
        return ask_measured(Measure(checkpoint, lines, revision), len(lines))


def literature(model: ModelInfo, head: Head) -> tuple[Finding, ...]:
    """List the findings about a head, each with its source; gives them."""
    found = known().of_head(model.checkpoint, *head)
    if not found:
        if known().of_model(model.checkpoint):
            st.caption(_("Nothing was written about this head, as far as Headlight knows."))
        return ()
    for finding in found:
        _said(finding)
    if any(not finding.unmeasured for finding in found):
        _again(model, found)
    return found


def _said(finding: Finding) -> None:
    source = finding.source
    st.info(
        "  \n".join(
            [
                f"**{literal(translated(finding.does))}**",
                literal(f"{report.reported(finding)}. {source.by} {source.year}, {finding.where}: {source.title}"),
                *(literal(line) for line in (source.address, translated(finding.note)) if line),
            ]
        ),
        icon=":material/menu_book:",
    )


def _again(model: ModelInfo, found: tuple[Finding, ...]) -> None:
    """Measure the findings again on ready sentences, once that is asked for."""
    place = st.expander(_("Measured again on ready sentences"), on_change="rerun", key="head_again_open")
    if not place.open:
        return
    with place:
        road = _Asked(model)
        for finding in found:
            of = remeasure(finding, road)
            said = f"{translated(finding.does)} – {report.measured(of)}"
            st.markdown(
                f"{literal(said)}  \n**{literal(report.verdict(of))}**" if of.value is not None else literal(said)
            )
