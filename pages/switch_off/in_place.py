"""Choose what takes the place of a head's output: zeros, its mean, or its output elsewhere. It lives in the address."""

import streamlit as st

from pages.ui.question import one_of, set_address, whole
from viz.analysis.heads.switch_off import OFF_BY, RESAMPLE, Resample
from viz.text import _

WAYS = (*OFF_BY, RESAMPLE)
MAX_SEED = 999_999


def ask_in_place() -> tuple[str, Resample]:
    """Show the choice, and of a head's output elsewhere where that is; give both."""
    names = {
        "zero": _("zeros"),
        "mean": _("its mean over the text's tokens"),
        "resample": _("its output elsewhere (resample)"),
    }
    _fill()
    by = st.radio(
        _("In place of a head's output comes"), WAYS, key="off_by", horizontal=True, format_func=names.__getitem__
    )
    st.session_state["kept_off_by"] = by
    resample = _elsewhere() if by == RESAMPLE else Resample()
    is_shuffled = by == RESAMPLE and not resample.text
    set_address({"by": by, "from": resample.text or None, "seed": str(resample.seed) if is_shuffled else None})
    return by, resample


def _fill() -> None:
    """Fill the fields where they are new: from what was chosen before, or from the address."""
    given = st.query_params
    if "off_by" not in st.session_state:
        st.session_state["off_by"] = one_of(*WAYS)(st.session_state.get("kept_off_by", given.get("by", ""))) or WAYS[0]
    if "kept_off_from" not in st.session_state:
        seed = whole(given.get("seed", "")) or 0
        st.session_state["kept_off_from"] = Resample(given.get("from", ""), min(max(seed, 0), MAX_SEED))


def _elsewhere() -> Resample:
    """Ask for another text, or for the seed of a shuffle of this one, and say what each does."""
    kept: Resample = st.session_state["kept_off_from"]
    st.session_state.setdefault("off_from", kept.text)
    st.session_state.setdefault("off_seed", kept.seed)
    text_column, seed_column = st.columns([3, 1], vertical_alignment="bottom")
    text = text_column.text_input(
        _("Another text, of as many tokens"), key="off_from", placeholder=_("none: shuffled over this text's tokens")
    ).strip()
    seed = seed_column.number_input(_("Seed of the shuffle"), 0, MAX_SEED, key="off_seed", disabled=bool(text))
    st.session_state["kept_off_from"] = Resample(text, seed)
    st.caption(
        _(
            "Each token gets what the head gives at the same token of the other text. Without one, the tokens of this "
            "text exchange the head's outputs in a random order, so that in a GPT-2 an earlier token may get what a "
            "later one got. Whatever takes the place, later layers may repair the loss (self-repair; McGrath et al. "
            "2023): a small effect does not prove that the head did nothing."
        )
    )
    return Resample(text) if text else Resample(seed=seed)
