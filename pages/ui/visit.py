"""Hold the runs of a visit: those that were asked for on any page, and those that were opened.

The list lives in the visitor's browser, for as long as its tab is open, and so survives a reload of the page. The
bytes of opened files stay on the server under the visit's name, 128 bits that only this browser knows: nobody else can
ask for them, or learn that they are there. They are kept here and nowhere else, up to a number of bytes, and let go of
once Streamlit has let go of the visit's last session.
"""

import re
import secrets
import weakref
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from streamlit.components import v2
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import user_key_from_element_id

from pages.ui import guard
from pages.ui.remembered import MAX_FIELD, MAX_NAME, Remembered
from viz import settings
from viz.engine.kept import Kept
from viz.engine.requests import Ask, Translate
from viz.records import Run
from viz.text import language

FIRST_PAGE = "start"  # its address is empty
OF_NO_RUN = {"tour"}  # parts of an address that say nothing of a run: who is led back is not guided again
BROWSER = "visit_browser"  # the part of every page that tells the browser
_NAME = re.compile(r"[0-9a-f]{32}")
_THING = re.compile(r"[a-z_]{1,40}")

_files = Kept(settings.current().kept_files_mb * settings.MB, settings.current().kept_files_each_mb * settings.MB)
_browser = v2.component("visit", js=Path(__file__).with_name("visit.js").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class FileBytes:
    """Hold the bytes of a file, where others may point without keeping them."""

    data: bytes

    @property
    def nbytes(self) -> int:
        """Memory they take, in bytes; what a bounded cache counts."""
        return len(self.data)


class _Stay:
    """Stand in a session for its being there."""


_stays: defaultdict[str, weakref.WeakSet[_Stay]] = defaultdict(weakref.WeakSet)  # the sessions of each visit
_left: deque[str] = deque()  # visits of which a session was freed, which may be at any time and in any thread


def draw(page: StreamlitPage) -> None:
    """Draw a page, take in what was answered on it, with its address, and let the browser keep the list.

    What breaks off half-way is answered again when the page is drawn anew.
    """
    let_go_of_left()
    was_drawn = st.session_state.get("visit_was_drawn", False)
    st.session_state["visit_new"] = []
    st.session_state["brought_widgets"] = frozenset() if was_drawn else _in_the_browser()
    page.run()
    st.session_state["visit_was_drawn"] = True
    address = tuple(
        (name, value)
        for name, value in st.query_params.to_dict().items()
        if len(value) <= MAX_FIELD and name not in OF_NO_RUN
    )
    for new in st.session_state.pop("visit_new"):
        known = find(new.key)
        name = new.name if known is None else known.name
        _put(replace(new, page=page.url_path or FIRST_PAGE, address=address, name=name))
    _tell_the_browser()


def brought_widgets() -> frozenset[str]:
    """Name the widgets that stood in the browser, with what was typed, before this server first drew a page to its end.

    So it is when a server was started anew while somebody looked at a page; a click may have broken off its first runs.
    """
    return st.session_state.get("brought_widgets", frozenset())


def _in_the_browser() -> frozenset[str]:
    context = get_script_run_ctx(suppress_warning=True)
    states = [] if context is None else context.session_state.get_widget_states()
    return frozenset(filter(None, (user_key_from_element_id(state.id) for state in states)))


def note(question: str, asked: object, made: object) -> None:
    """Remember an answer, if it is a run that can be asked for again; ``question`` is where its page keeps it."""
    if not isinstance(made, Run) or getattr(asked, "file", None) is not None:
        return
    request = getattr(asked, "request", None)
    if isinstance(request, Ask | Translate):
        st.session_state["visit_new"].append(Remembered.asked(made, request, question))


def runs() -> tuple[Remembered, ...]:
    """List the runs of this visit, the newest first; a page that shows them is drawn anew when more become known."""
    st.session_state["visit_is_shown"] = True
    return tuple(reversed(_list()))


def find(key: str) -> Remembered | None:
    """Give a run of this visit; None where it is another's, or none."""
    return next((run for run in _list() if run.key == key), None)


def has_seen(thing: str) -> bool:
    """Tell whether something that is offered once a visit was taken or turned down; a page that asks is drawn anew
    where the browser says so later.
    """
    if is_new := thing not in _seen():
        st.session_state.setdefault("visit_offers", set()).add(thing)
    return not is_new


def see(thing: str) -> None:
    """Remember that something was taken or turned down."""
    _seen().add(thing)


def hold(digest: str, data: bytes) -> "weakref.ref[FileBytes]":
    """Keep the bytes of a file of this visit, and point to them."""
    held = FileBytes(data)
    _files.keep((_visit(), digest), held, _visit())
    return weakref.ref(held)


def add(run: Run, file: str, digest: str) -> Remembered:
    """Remember an opened file, whose bytes are held."""
    opened = Remembered.opened(run, file, digest)
    _put(opened)
    return opened


def held(run: Remembered) -> "weakref.ref[FileBytes] | None":
    """Point to the bytes of an opened file; None where they had to make room, or the server was started anew."""
    found = _files.find((_visit(), run.key))
    return weakref.ref(found) if isinstance(found, FileBytes) else None


def let_go_of_left() -> None:
    """Let go of the files of visits that have no session any more."""
    while _left:
        name = _left.popleft()
        if not list(_stays[name]):
            del _stays[name]
            _files.forget_owner(name)


def rename(key: str, name: str) -> None:
    """Call a run by another name; an empty one changes nothing."""
    if name.strip():
        st.session_state["visit_runs"] = [
            replace(run, name=name.strip()[:MAX_NAME]) if run.key == key else run for run in _list()
        ]


def forget(key: str) -> None:
    """Take a run off the list, and let go of its bytes."""
    _files.forget((_visit(), key))
    st.session_state["visit_runs"] = [run for run in _list() if run.key != key]


def _visit() -> str:
    if "visit" not in st.session_state:
        _stay_under(secrets.token_hex(16))
    return st.session_state["visit"]


def _stay_under(name: str) -> None:
    """Give this session's visit a name."""
    stay = _Stay()
    weakref.finalize(stay, _left.append, name).atexit = False
    _stays[name].add(stay)
    st.session_state.update(visit=name, visit_stay=stay)


def _seen() -> set[str]:
    return st.session_state.setdefault("visit_seen", set())


def _list() -> list[Remembered]:
    return st.session_state.setdefault("visit_runs", [])


def _put(new: Remembered) -> None:
    """Put a run at the end of the list; of too many the oldest are forgotten."""
    kept = [*(run for run in _list() if run.key != new.key), new]
    most = settings.current().kept_runs
    for old in kept[:-most]:
        _files.forget((_visit(), old.key))
    st.session_state["visit_runs"] = kept[-most:]


@guard.fragment(key=BROWSER)
def _tell_the_browser() -> None:
    """Give the browser list and language; one that knows this visit from before a reload gives back its list, once."""
    _browser(
        data={
            "visit": _visit(),
            "runs": [run.as_plain() for run in _list()],
            "seen": sorted(_seen()),
            "language": language(),
        },
        key="visit_in_browser",
        on_before_change=_come_back,
        height=0,
    )
    if st.session_state.pop("visit_came_back", False) and st.session_state.get("visit_is_shown"):
        st.rerun()


def _come_back() -> None:
    """Go on with the visit from before a reload: its list first, then what is new since."""
    told = st.session_state["visit_in_browser"].before
    name, given = told.get("visit"), told.get("runs")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(given, list) or name == _visit():
        return
    new, own = _list(), _visit()
    _stay_under(name)
    st.session_state["visit_runs"] = [
        run for run in map(Remembered.from_plain, given[-settings.current().kept_runs :]) if run is not None
    ]
    for run in new:
        if (data := _files.find((own, run.key))) is not None:
            _files.forget((own, run.key))
            _files.keep((name, run.key), data, name)
        _put(run)
    known = {thing for thing in _given(told.get("seen")) if isinstance(thing, str) and _THING.fullmatch(thing)}
    _seen().update(known)
    if known & st.session_state.get("visit_offers", set()):
        st.session_state["visit_is_shown"] = True
    st.session_state["visit_came_back"] = True


def _given(things: object) -> list[object]:
    """Give what a browser kept in a list, of a length that we write; nothing of what is no list."""
    return things[:20] if isinstance(things, list) else []
