"""Ask for a model by name or folder, for a mirror, and for what is wanted of it; say what is set on this computer."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import streamlit as st

from pages.ui.markdown import literal
from pages.ui.question import Field, Question, set_address, submit
from viz import settings
from viz.amounts import size
from viz.text import _

EXAMPLE = "bert-base-uncased"

WEIGH, FETCH, CHECK = "weigh", "fetch", "check"
ICONS = {WEIGH: ":material/scale:", FETCH: ":material/download:", CHECK: ":material/traffic:"}


@dataclass(frozen=True, slots=True)
class ModelQuestion(Question):
    """Name a model, a mirror of the Hub, and a wish: to weigh it, to fetch it, or to check how it loads.

    A wish is one click's and stays out of the address: opening a link asks nobody and loads nothing.
    """

    NAME: ClassVar = "models"
    FIELDS: ClassVar = (Field("checkpoint", "models_name", "model"), Field("mirror", "models_mirror", "mirror"))

    checkpoint: str = ""
    mirror: str = ""
    wish: str = ""

    def to_address(self, ending: str = "") -> dict[str, str | None]:
        """Write the question for the address; an empty field leaves nothing there."""
        return {name: text or None for name, text in Question.to_address(self, ending).items()}

    @property
    def endpoint(self) -> str:
        """The mirror as the engine takes it; empty for the Hub that is set."""
        return self.mirror.strip().rstrip("/")


def ask() -> ModelQuestion:
    """Show the form and give the question in it."""
    _settings()
    question = ModelQuestion.current()
    question.fill()
    with st.form("models_question", border=False):
        name, mirror = st.columns([3, 2], vertical_alignment="bottom")
        example = _("for example: {name}").format(name=EXAMPLE)
        name.text_input(_("Name on the Hub, or folder"), key="models_name", placeholder=example)
        if not settings.current().is_guarded:
            _mirror_field(mirror)
        row = st.container(horizontal=True)
        weigh, check = (partial(ModelQuestion.take, wish=wish) for wish in (WEIGH, CHECK))
        submit(row, _("How large is it?"), weigh, type="primary", icon=ICONS[WEIGH])
        submit(row, _("Check that it loaded"), check, icon=ICONS[CHECK])
    set_address(question.to_address())
    return question


def offer(question: ModelQuestion, label: str, wish: str, key: str) -> None:
    """Show a button with another wish about the same model."""
    values = {"checkpoint": question.checkpoint, "mirror": question.mirror, "wish": wish}
    st.button(label, key=key, type="primary", icon=ICONS[wish], on_click=ModelQuestion.take, kwargs=values)


def _mirror_field(place) -> None:
    place.text_input(
        _("Mirror of the Hub (leave empty for none)"),
        key="models_mirror",
        placeholder=settings.hub_endpoint(),
        help=_("Another server with the same models, for example where the Hub is slow or cannot be reached."),
    )


def _settings() -> None:
    """Say what whoever runs this server has set: no network, the largest model, the only models."""
    if settings.is_offline():
        st.info(
            _(
                "Offline: this server is set to ask nobody outside (HF_HUB_OFFLINE). What is here can be opened; "
                "nothing can be fetched."
            ),
            icon=":material/cloud_off:",
        )
    if allowed := settings.current().allow:
        said = _("Only these models may be opened on this server, beside the shipped ones: {names}.")
        st.info(literal(said.format(names=", ".join(allowed))), icon=":material/lock:")
    elif settings.current().is_guarded:
        said = _("Others can reach this server, so it opens folders only where whoever runs it lists them.")
        st.caption(said)
    if (limit := settings.current().max_model_bytes) < float("inf"):
        said = _("Models of up to {size} are loaded here: that is how much their weights take in memory, as float32.")
        st.caption(said.format(size=size(limit)))
