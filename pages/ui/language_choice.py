"""Choose the language. It lives in the address as a code (``?lang=zh``); without one the browser's own is spoken.

The address is written by hand: a bound field writes the name that it shows, 中文, and throws a code away. It is written
once the menu is drawn; before, the browser would keep it under the address of the page that it leaves.
"""

import threading

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.question import Question, set_address
from viz import text

_FIELD, _TAKEN = "lang", "lang_address"


class _Asked(threading.local):
    """Remember in a thread which language the script run there speaks; ``run`` is an object that each run has anew."""

    run: object = None
    code = "en"


_asked = _Asked()


def control() -> None:
    """Offer the languages there are, the one of the address or the browser first; with one nothing is looked up."""
    if len(languages := text.languages()) == 1:
        return
    text.read_language_from(_language)
    given = st.query_params.get("lang")
    if _FIELD not in st.session_state or (given and given != st.session_state.get(_TAKEN)):
        st.session_state[_FIELD] = text.nearest_language(given or st.context.locale)
        _asked.run = None
    st.selectbox(
        "Language / 语言 / Язык",  # found by those who cannot read the page
        languages,
        key=_FIELD,
        format_func=text.language_name,
        on_change=_choose_again,
    )


def _language() -> str:
    """Give the code of the language of this script run.

    A page asks some hundreds of times, and session state takes 6 µs to answer, 4 % of a page: so it is asked once.
    """
    context = get_script_run_ctx(suppress_warning=True)
    run = None if context is None else context.parallel_coordinator
    if run is None or run is not _asked.run:
        _asked.code = st.session_state.get(_FIELD, "en")
        _asked.run = run
    return _asked.code


def _choose_again() -> None:
    """Choose in every list what is chosen there; called as the language changes, before the page is drawn in it.

    A browser keeps and sends the label of a choice. In another language there is no such label: the list would go on
    showing it, then forget the choice. What is typed in a form, and perhaps not sent yet, stays as it is.
    """
    for key, value in st.session_state.items():
        chosen = value if isinstance(value, list) else [value]
        is_choice = chosen != [] and all(isinstance(one, str) for one in chosen)
        if is_choice and key != _FIELD and not _is_typed(str(key)):
            st.session_state[key] = value


def _is_typed(key: str) -> bool:
    return any(
        key.startswith(field.widget)
        for asked in Question.__subclasses__()
        for field in asked.FIELDS
        if field.read is str
    )


def write_address() -> None:
    """Write the language that is spoken into the address; called once the page that is shown is known."""
    st.session_state[_TAKEN] = spoken().get("lang")
    set_address({"lang": st.session_state[_TAKEN]})


def spoken() -> dict[str, str]:
    """Give the part of an address that tells the language; none where the browser asks for that one itself."""
    return {} if text.language() == text.nearest_language(st.context.locale) else {"lang": text.language()}
