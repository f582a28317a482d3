"""Show what a part is about: its texts first; what the model says to them, and the map, once all is answered."""

from functools import partial

import streamlit as st

from pages.lesson.told import told
from pages.ui import guard, head_choice
from pages.ui.head_panel import head_view
from pages.ui.markdown import literal
from viz.engine.local import engine
from viz.names import parse_head, position_from_number, position_number
from viz.packs.measures import Shown
from viz.packs.schema import Pack, Show
from viz.text import _


def show(pack: Pack, of: Show, *, is_told: bool) -> None:
    """Draw the texts, and the map where the lesson shows it at once."""
    shown = Shown(pack, of, engine.ask)
    _texts(shown)
    if of.map == "now" and not is_told:
        _map(shown)


def tell(pack: Pack, of: Show, *, is_told: bool) -> None:
    """Draw what the model says; before every question of the part was answered, say that it will be drawn."""
    if not is_told:
        st.caption(_("What the model says to the texts is shown here once every question above has an answer."))
        return
    shown = Shown(pack, of, engine.ask)
    st.subheader(_("What the model says"), anchor=False)
    st.caption(_("One pass over the texts as it should be run: with its attention_mask and position_ids."))
    if guard.attempt(told, shown.run) is not None:
        _map(shown)


def _texts(shown: Shown) -> None:
    """List the texts under the numbers that questions call them by."""
    texts = shown.show.texts
    sides = {"left": _("left"), "right": _("right")}
    if len(texts) == 1:
        heading = _("The text, for {model}:").format(model=shown.model)
    else:
        message = _("A batch of {n} texts for {model}, padded on the {side}:")
        heading = message.format(n=len(texts), model=shown.model, side=sides[shown.show.padding_side])
    st.markdown(literal(heading))
    listed = (literal(" ⏎ ".join(text.splitlines())) for text in texts)
    st.markdown("\n".join(f"{position_number(at)}. {text}" for at, text in enumerate(listed)))


def _map(shown: Shown) -> None:
    if shown.show.head is not None:
        _head(shown, shown.show.head, position_from_number(shown.show.text))


@guard.fragment(key=head_choice.PANEL)
def _head(shown: Shown, name: str, row: int) -> None:
    """Draw the map of the lesson's head over one of the texts."""
    run = engine.ask(shown.request())
    layer, head = parse_head(name, run.model.n_layers, run.model.n_heads)
    head_view(partial(engine.ask, shown.request()), row, layer, head)
