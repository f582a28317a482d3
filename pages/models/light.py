"""Draw the light that says whether a model loaded as it should: colour, word and sign, its findings and its numbers."""

import streamlit as st

from pages.ui.markdown import literal
from viz.amounts import size
from viz.analysis.load_check import LoadCheck
from viz.analysis.load_light import Finding, light
from viz.errors import VizError
from viz.text import _, sentence

SIGNS = {
    "green": ":green[:material/check_circle:]",
    "amber": ":orange[:material/warning:]",
    "red": ":red[:material/cancel:]",
}


def light_panel(check: LoadCheck) -> None:
    """Draw the light, a line for each thing that was looked at, and what was measured."""
    st.header(literal(_("Did {checkpoint} load?").format(checkpoint=check.checkpoint)), anchor=False)
    judged = light(check)
    _lamp(judged.colour)
    st.markdown("\n".join(_line(finding) for finding in judged.findings))
    _measured(check)


def refused_panel(checkpoint: str, error: VizError) -> None:
    """Draw the light of a model that did not load at all, with the reason."""
    st.header(literal(_("Did {checkpoint} load?").format(checkpoint=checkpoint)), anchor=False)
    said = _("Red: it did not load. {why}").format(why=sentence(error))
    st.error(literal(said), icon=":material/cancel:")


def _lamp(colour: str) -> None:
    """Say the verdict in a box of its colour, with its sign and in words: nobody has to tell colours apart."""
    if colour == "green":
        st.success(_("Green: it loaded as it should."), icon=":material/check_circle:")
    elif colour == "amber":
        st.warning(_("Amber: it loaded, and something is to be known about it."), icon=":material/warning:")
    else:
        st.error(_("Red: what it shows means nothing."), icon=":material/cancel:")


def _line(finding: Finding) -> str:
    words = {"green": _("fine"), "amber": _("note"), "red": _("wrong")}
    said = f"- {SIGNS[finding.colour]} **{literal(words[finding.colour])}:** {literal(sentence(finding.said))}"
    return f"{said} {literal(sentence(finding.remedy))}" if finding.remedy is not None else said


def _measured(check: LoadCheck) -> None:
    """Show the three numbers of the trial pass, and what was loaded where."""
    rows, nan, evenness = st.columns(3)
    rows.metric(
        _("Rows: largest distance of a sum from 1"),
        _("{error:.1e}").format(error=check.row_sum_error),
        help=_("Of all rows of all heads, on a trial sentence. A row is shares of attention, so its sum is 1."),
    )
    nan.metric(_("Numbers that are none (NaN)"), _("{n:,}").format(n=check.n_nan))
    evenness.metric(
        _("Evenness of attention"),
        _("{evenness:.4f}").format(evenness=check.evenness),
        help=_(
            "The mean entropy of the rows over that of an even look at as many keys. 1 is an even look, as before any "
            "training; the shipped models have about 0.6."
        ),
    )
    said = _("Family {family} · {n:,} parameters · {size} in memory · on {device}")
    values = {"family": check.family, "n": check.n_parameters, "size": size(check.n_bytes), "device": check.device}
    st.caption(literal(said.format(**values)))
