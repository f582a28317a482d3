"""List the models that are on this computer, shipped, in folders and in the Hub's cache; nobody outside is asked."""

import streamlit as st

from pages.models import opening
from pages.models.form import CHECK, ICONS, WEIGH, ModelQuestion
from pages.ui import guard
from pages.ui.markdown import literal
from viz.amounts import size
from viz.engine.local import engine
from viz.engine.requests import ListModels
from viz.listing import ListedModel
from viz.text import _, sentence

N_SHOWN = 8  # of a place, until all are asked for


def shelf() -> tuple[ListedModel, ...] | None:
    """List them by place, and give them; None where they could not be listed."""
    st.header(_("On this computer"), anchor=False)
    slot = st.container()
    with slot.skeleton(height=240):  # torch comes with the first question to a fresh server
        models = guard.attempt(engine.ask, ListModels())
    if models is not None:
        with slot:
            _places(models)
    return models


def _places(models: tuple[ListedModel, ...]) -> None:
    places = {
        "shipped": _("Shipped with Headlight"),
        "folder": _("In folders"),
        "hub": _("Downloaded from the Hub"),
    }
    for place, heading in places.items():
        if there := [model for model in models if model.place == place]:
            st.markdown(f"**{literal(heading)}**")
            _place(place, there)
    if not any(model.place == "hub" for model in models):
        st.caption(_("Nothing was downloaded from the Hub yet."))


def _place(place: str, models: list[ListedModel]) -> None:
    all_key = f"models_all_{place}"
    shown = models if st.session_state.get(all_key) else models[:N_SHOWN]
    for number, model in enumerate(shown):
        _card(model, f"{place}_{number}")
    if len(models) > N_SHOWN:
        st.toggle(_("Show all {n}").format(n=len(models)), key=all_key)


def _card(model: ListedModel, key: str) -> None:
    """Show one model: what it is, why it cannot be opened or where it can be."""
    with st.container(border=True, key=f"model_{key}"):
        name, doors = st.columns([2, 3], vertical_alignment="center")
        name.markdown(f"**{literal(model.checkpoint)}**  \n:gray[{literal(_described(model))}]")
        if model.problem is not None:
            said = _("It cannot be opened: {why}").format(why=sentence(model.problem))
            doors.warning(literal(said), icon=":material/block:")
            if model.place == "hub":
                _wish_button(doors, _("How large is it?"), WEIGH, model, key)
            return
        with doors.container(horizontal=True):
            for door in opening.doors(model.kind):
                if st.button(door.label(), key=f"open_{door.page}_{key}", help=_("Open this model there")):
                    opening.open_in(door, model)
            _wish_button(st, _("Check"), CHECK, model, key)


def _wish_button(place, label: str, wish: str, model: ListedModel, key: str) -> None:
    values = {"checkpoint": model.checkpoint, "wish": wish}
    place.button(label, key=f"{wish}_{key}", icon=ICONS[wish], on_click=ModelQuestion.take, kwargs=values)


def _described(model: ListedModel) -> str:
    """Say family, kind and size, as far as they are known."""
    kinds = {
        "masked": _("guesses masked words"),
        "causal": _("guesses the next word"),
        "two stacks": _("reads one text and writes another"),
        "encoder": _("reads, and guesses no words"),
        "": "",
    }
    parts = (model.family, kinds[model.kind], size(model.n_bytes) if model.n_bytes else "")
    return " · ".join(part for part in parts if part)
