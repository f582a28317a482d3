"""Keep fields and session together where a click comes before the browser has heard of the last one.

With every click a browser sends what stands in all its fields, and its address: as it was before, where it has not
heard yet. Such a field counts as changed by hand, its callback is called, and the click before would be undone.

Streamlit tells the browser what code gave to a field in the run that follows, and only there. Where of two callbacks
one asks for parts of the page and one does not, that run ends before the page begins and another takes its place
(Streamlit 1.67): the field goes on showing what stood in it, and the next click brings that back.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import streamlit as st

_GIVEN = "given_to_fields"


def is_from_before(address: str, shown: str, now: str) -> bool:
    """Tell whether nobody changed a field: the browser has not heard yet of what was chosen elsewhere since.

    ``shown`` is what the field says, as it is written under this name of the ``address``; ``now`` is what the session
    holds. Called from callbacks, or before the page writes that name.
    """
    return shown == st.query_params.get(address) != now


def give(values: Mapping[str, Any]) -> None:
    """Put values into fields, by their keys; called from callbacks, before the page runs."""
    st.session_state.update(values)
    st.session_state.setdefault(_GIVEN, {}).update(values)


@contextmanager
def handed_on() -> Iterator[None]:
    """Draw the whole page with what callbacks gave; a field that was changed since keeps what stands in it."""
    given = st.session_state.pop(_GIVEN, {})
    unchanged = {key: value for key, value in given.items() if st.session_state.get(key) == value}
    st.session_state.update(unchanged)  # counts as given anew, so that this run tells the browser
    try:
        yield
    finally:
        st.session_state.pop(_GIVEN, None)  # what the page gave is told by this run
