"""Show how far a download is, with a button that stops it; one that was broken off says so and can go on."""

from dataclasses import dataclass

import streamlit as st

from pages.models.form import CHECK, FETCH, ModelQuestion, offer
from pages.ui import guard
from pages.ui.markdown import literal
from viz.amounts import duration, size
from viz.engine.local import engine
from viz.engine.requests import StopDownload, Watch
from viz.errors import DownloadBroken, DownloadDamaged, VizError
from viz.listing import DownloadState, Status
from viz.text import _

SECONDS_A_LOOK = 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Say how a model stands: running, here, or stopped; what was said, and whether it can be gone on with above."""

    status: Status = "stopped"
    said: str = ""
    can_go_on: bool = False


def download_panel(question: ModelQuestion) -> Standing:
    """Show the download of a model, whoever began it and when; gives how it stands."""
    if not question.checkpoint:
        return Standing()
    try:
        state = engine.ask(Watch(question.checkpoint))
    except VizError as error:
        return _ended(question, error)
    if state.status == "running":
        _progress(question.checkpoint)
    elif state.status == "done":
        if question.wish != CHECK:  # whoever checks it sees that it is here
            said = _("{checkpoint} is on this computer, all of it.").format(checkpoint=question.checkpoint)
            st.success(literal(said), icon=":material/check_circle:")
    elif state.n_done:
        _broken_off(question, state)
    return Standing(state.status, can_go_on=state.status == "stopped" and state.n_done > 0)


def _ended(question: ModelQuestion, error: VizError) -> Standing:
    """Say what ended a download. Any other trouble with the name is said when something is asked of it."""
    broken = isinstance(error, DownloadBroken | DownloadDamaged)
    if not broken and question.wish != FETCH:
        return Standing()
    guard.explain(error)
    if broken:
        offer(question, _("Go on with the download"), FETCH, "fetch_again")
    return Standing(said=str(error), can_go_on=broken)


def _broken_off(question: ModelQuestion, state: DownloadState) -> None:
    """Say that half of it is here; an earlier server's download no longer knows of how much."""
    if state.n_bytes:
        said = _("The download of {checkpoint} was stopped: {done} of {all} are here. It goes on from there.")
    else:
        said = _("A download of {checkpoint} was stopped: {done} are here. It goes on from there.")
    values = {"checkpoint": question.checkpoint, "done": size(state.n_done), "all": size(state.n_bytes)}
    st.info(literal(said.format(**values)), icon=":material/pause_circle:")
    offer(question, _("Go on with the download"), FETCH, "fetch_on")


@guard.fragment(key="models_progress", run_every=SECONDS_A_LOOK)
def _progress(checkpoint: str) -> None:
    """Look once a second; the page is drawn anew when it ends, however it does."""
    try:
        state = engine.ask(Watch(checkpoint))
    except VizError:
        st.rerun()
    if state.status != "running":
        st.rerun()
    with st.container(border=True):
        st.markdown(literal(_("Downloading {checkpoint}").format(checkpoint=checkpoint)))
        st.progress(state.share, literal(_told(state)))
        st.caption(_("It goes on when you leave this page. Others who ask for the same model share it."))
        if st.button(_("Cancel"), key="stop_download", icon=":material/stop:"):
            guard.attempt(engine.ask, StopDownload(checkpoint))
            st.rerun()


def _told(state: DownloadState) -> str:
    """Say bytes, rate and time left, as far as they are known."""
    if not state.n_bytes:
        return _("Asking how large it is …")
    said = _("{done} of {all}").format(done=size(state.n_done), all=size(state.n_bytes))
    if state.bytes_per_second:
        said += " · " + _("{size} a second").format(size=size(state.bytes_per_second))
    if state.seconds_left is not None:
        said += " · " + _("{time} left").format(time=duration(state.seconds_left))
    return said
