"""Test the claims of a class again, one after the other, and list which hold."""

import streamlit as st

from pages.ui.markdown import literal
from viz.engine.local import engine
from viz.packs.class_claims import Retested, claims_of, retest
from viz.packs.class_said import claims_said
from viz.packs.classroom import Classroom
from viz.text import _, number


def panel(of: Classroom, retested: list[Retested]) -> bool:
    """Test what was not tested yet, into ``retested``, with a bar, and say whether it was any; else list all claims."""
    found = claims_of(of)
    if not found:
        return False
    st.header(_("Claims"), anchor=False)
    bar, is_new = st.empty(), len(retested) < len(found)
    try:
        for result in retest(found[len(retested) :], engine.ask):  # a click that breaks it off goes on from there
            retested.append(result)
            bar.progress(
                len(retested) / len(found),
                _("Testing again: {n} of {all} claims").format(n=number(len(retested)), all=number(len(found))),
            )
    finally:
        bar.empty()
    if is_new:
        return True
    st.markdown(literal(claims_said(retested)))
    _table(retested)
    return False


def _table(retested: list[Retested]) -> None:
    shown = {
        _("result"): [_sign(of) for of in retested],
        _("head"): [of.claim.head for of in retested],
        _("sentences"): [len(of.claim.sentences) for of in retested],
        _("claimed by"): [", ".join(of.claim.students) for of in retested],
        _("verdict"): [of.said for of in retested],
    }
    config = {_("verdict"): st.column_config.TextColumn(width="large")}
    st.dataframe(shown, hide_index=True, key="hand_ins_claims", column_config=config)
    st.caption(
        _(
            "The same head on the same sentences is tested once. The verdict counts for a head that was named "
            "beforehand, on sentences it was not chosen by."
        )
    )


def _sign(of: Retested) -> str:
    if of.verdict is None:
        return _("not tested")
    return _("✓ holds") if of.holds else _("✗ does not hold")
