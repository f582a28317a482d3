"""Where is the order?: which tables say where a word stands, and whether the model uses them."""

from functools import partial

import streamlit as st

from pages.ui.opening import Opening
from pages.ui.terms import terms
from viz.text import _

st.title(_("Where is the order?"), anchor=False)
st.caption(
    _(
        "Attention by itself sees a bag of words. Here is what tells a model the order, and what happens when it is "
        "told another one."
    )
)
terms("position_ids", "embedding")
opening = Opening(
    _("Here will be the places that the model gives to the words of your text, and what changes with them.")
)

# These bring Plotly and pandas, a second on a fresh server; the title stands meanwhile.
from pages.positions import form  # noqa: E402
from pages.positions.distance import distance_part  # noqa: E402
from pages.positions.forgotten import forgotten_part  # noqa: E402
from pages.positions.heads import heads_part  # noqa: E402
from pages.positions.opening import said  # noqa: E402
from pages.positions.order import order_part  # noqa: E402
from pages.positions.tables import tables_part  # noqa: E402
from pages.ui import head_choice  # noqa: E402

PARTS = {
    "order": order_part,
    "tables": tables_part,
    "heads": heads_part,
    "distance": distance_part,
    "forgotten": forgotten_part,
}

question = form.ask()
part = form.choose_part()

slot = st.container()
with slot.skeleton(height=480), head_choice.whole_page():
    PARTS[part](question)
    opening.say(partial(said, question, part))
