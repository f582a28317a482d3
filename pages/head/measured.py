"""Show what is measured of a head: its jobs among all heads, its effect on the answer, the ready claims."""

import streamlit as st

from pages.ui.long_work import ask_measured
from pages.ui.markdown import literal
from viz.analysis.claims import report
from viz.analysis.claims.text import READY, read_sentences
from viz.analysis.heads import one_head
from viz.analysis.heads.boards import Head
from viz.analysis.heads.measures import MEASURES
from viz.analysis.heads.one_head import Job, Tested
from viz.analysis.heads.switch_off import Effect
from viz.engine.requests import Gather
from viz.errors import VizError
from viz.names import head_title
from viz.records import ModelInfo
from viz.text import _, number, percent, sentence, translated


def jobs_table(jobs: list[Job]) -> None:
    """Show every job with the head's place among all, the best places first, and say what the first one means."""
    if not jobs:
        st.caption(_("In this text nothing can be measured."))
        return
    best = jobs[0]
    message = _("What it does best in this text, rank {rank} of {n} heads: {job}.")
    st.markdown(message.format(rank=best.rank, n=best.n_heads, job=f"**{literal(one_head.job_name(best))}**"))
    shown = {
        _("job"): [one_head.job_name(job) for job in jobs],
        _("value"): [job.value for job in jobs],
        _("rank"): [job.rank for job in jobs],
        _("of"): [job.n_heads for job in jobs],
        _("an even look"): [job.even for job in jobs],
        _("best head"): [head_title(*job.best) for job in jobs],
        _("formula"): [MEASURES[job.measure].formula for job in jobs],
    }
    number_column = st.column_config.NumberColumn(format="%.4f")
    config = {_("value"): number_column, _("an even look"): number_column}
    st.dataframe(shown, hide_index=True, key="head_jobs", height=240, column_config=config)
    st.caption(
        _(
            "Measured in this one text, special tokens counted. Rank 1 has the highest value; of entropy and of the "
            "rank by it, the lowest. An even look: a head that looks evenly at all it may look at."
        )
    )


def effect_said(of: Effect, n_words: int) -> None:
    """Say what switching the head off did to the answer."""
    message = _("Probability of {word}: **{before} → {after}**; KL divergence {kl} bits over all {n:,} words.")
    shares = (percent(of.probability_before, 1), percent(of.probability_after, 1))
    word = f"**{literal(of.token)}**"
    kl = number(of.kl, 4)
    st.markdown(message.format(word=word, before=shares[0], after=shares[1], kl=kl, n=n_words))
    if of.top_before != of.top_after:
        words = f"**{literal(of.top_before)} → {literal(of.top_after)}**"
        st.markdown(_("Best word: {words}").format(words=words))
    st.caption(_("The head's output is replaced by zeros; later layers may make up for it."))


def claims(model: ModelInfo, head: Head) -> list[Tested]:
    """Test the ready claims for this head once they are asked for; their passes serve all heads of the model."""
    place = st.expander(_("Ready claims, tested for this head"), on_change="rerun", key="head_claims_open")
    if not place.open:
        return []
    found = []
    with place:
        for ready in READY:
            sentences = read_sentences(ready.text)
            try:
                evidence = ask_measured(Gather(model.checkpoint, sentences, model.revision), len(sentences))
            except VizError as error:
                st.caption(literal(f"{translated(ready.title)}: {sentence(error)}"))
                continue
            found.append(one_head.tested(ready, evidence, head))
        _claims_table(found)
    return found


def _claims_table(found: list[Tested]) -> None:
    results = [of.result for of in found]
    st.dataframe(
        {
            _("claim"): [translated(of.claim.title) for of in found],
            _("hits"): [f"{r.standing.hits} / {len(r.readings)}" for r in results],
            _("luck"): [number(r.luck, 1) for r in results],
            _("rank"): [r.standing.rank for r in results],
            _("p"): [report.shown_p(r.p) for r in results],
            _("verdict"): [report.verdict_sentence(r) for r in results],
        },
        hide_index=True,
        key="head_claims",
    )
    st.caption(
        _("A hit: of all words the key gets the most attention from the query. p is for a head named beforehand.")
    )
