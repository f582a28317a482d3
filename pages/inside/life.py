"""Show the mask's life: its shape at every station of the running model, the classical forms, and where it happens."""

from collections.abc import Iterable

import streamlit as st

from pages.ui import guard, head_choice
from pages.ui.markdown import literal
from viz.analysis.masks.classical import ClassicalForm, classical_forms
from viz.analysis.masks.stations import MaskLife, TensorFacts, outcome
from viz.engine.local import engine
from viz.engine.requests import Ask, Trace
from viz.names import position_number
from viz.text import _


@guard.fragment(key="life")
def life_panel(request: Ask) -> None:
    """List stations, classical forms and modules, all read while the model ran."""
    run = engine.ask(request)
    layer, _head = head_choice.chosen(run.model)
    life = engine.ask(Trace(request, layer))
    stations_table(life, "stations")
    st.caption(_("Read from the running model, transformers {version}.").format(version=life.library))
    st.markdown(_("**The classical forms**, as code of the years before transformers 5 shaped the same mask"))
    forms_table(classical_forms(run.batch.attention_mask), "forms")
    st.markdown(_("**Where it happens**: the modules on the way to this layer's attention, and the mask each receives"))
    modules_table(life, "modules")


def stations_table(life: MaskLife, key: str) -> None:
    """Say what became of the mask, and list its stations."""
    st.markdown(literal(outcome(life)))
    stations = [
        (_("the tokenizer's attention_mask"), life.tokenizer),
        (_("what the model is called with"), life.given),
        (_("what the library's mask function gets"), None if life.function is None else life.function.received),
        (_("what it returns"), None if life.function is None else life.function.returned),
        (_("what is added to the scores, layer {n}").format(n=position_number(life.layer)), life.added),
    ]
    rows = [(name, *_facts(facts)) for name, facts in stations]
    rows += [
        (_("scores"), _shape(life.scores), "float32", ""),
        (_("attention"), _shape(life.attentions), "float32", _("rows sum to 1")),
    ]
    _table((_("station"), _("shape"), _("type"), _("values")), rows, key)


def forms_table(forms: Iterable[ClassicalForm], key: str) -> None:
    """List how older code shaped a mask."""
    rows = [(form.formula, _shape(form.before.shape), _shape(form.after.shape)) for form in forms]
    _table((_("formula"), _("from"), _("to")), rows, key)


def modules_table(life: MaskLife, key: str) -> None:
    """List the modules on the way to a layer's attention, with the mask each receives."""
    modules = [(stop.class_name, stop.path, *_facts(stop.received)[:2]) for stop in life.modules]
    _table((_("class"), _("path in the model"), _("mask it receives"), _("type")), modules, key)


def _facts(facts: TensorFacts | None) -> tuple[str, str, str]:
    """Write shape, type and values of a tensor; a mask that is not there is None."""
    if facts is None:
        return "None", "", ""
    values = ", ".join(f"{value:.5g}" for value in facts.values)
    return _shape(facts.shape), facts.dtype, values + (" …" if facts.n_values > len(facts.values) else "")


def _shape(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _table(names: tuple[str, ...], rows: list[tuple], key: str) -> None:
    st.dataframe({name: [row[at] for row in rows] for at, name in enumerate(names)}, hide_index=True, key=key)
