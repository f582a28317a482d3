"""Say in words what a cell without a weight is."""

from viz.analysis.masks.cells import CAUSAL, HIDDEN, NOTHING, PADDING, WINDOW
from viz.text import _


def state_words() -> list[str]:
    """Name every state by its number; a visible cell has a weight and no word."""
    words = {
        CAUSAL: _("a later key"),
        PADDING: _("padding"),
        HIDDEN: _("hidden"),
        WINDOW: _("outside of the layer's window"),
        NOTHING: _("may look at nothing"),
    }
    return [words.get(state, "") for state in range(max(words) + 1)]
