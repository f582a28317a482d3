"""Say what the open map is and what one of its cells says, for the opening of a page."""

from functools import partial

from pages.ui import head_choice, kind_choice, predict_first, prompt_choice, view_choice
from pages.ui.head_panel import Give
from pages.ui.opening import Say
from viz.analysis.openings.maps import map_said
from viz.analysis.views.viewed import viewed


def of_text(give: Give, row: int) -> Say:
    """Give the way to what is said of the open map of one text."""
    return partial(_said, give, row)


def of_open_text(give: Give) -> Say:
    """Give the way to what is said of the open map of the open text."""
    return partial(_of_open, give)


def _of_open(give: Give) -> list[str]:
    return _said(give, prompt_choice.chosen(len(give().batch.texts)))


def _said(give: Give, row: int) -> list[str]:
    run = give()
    kind, view = kind_choice.open_kind(run), view_choice.current(run)
    seen, at = viewed(run, row, view)
    place = view.place(*head_choice.chosen(run.stack(kind)), kind)
    return map_said(seen, at, *place, kind=kind, hidden=predict_first.hides())
