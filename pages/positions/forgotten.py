"""Show a padded batch whose script forgot position_ids beside the right one."""

from functools import partial

import streamlit as st

from pages.positions.before_after import before_after
from pages.positions.form import PositionQuestion
from pages.ui import prompt_choice
from pages.ui.batch_strips import chips
from pages.ui.markdown import literal
from viz.analysis.batches.same_alone import BatchCheck, Mistakes, difference_text
from viz.analysis.positions.forgotten import Moved, compare, forgotten_said
from viz.drawing import strips
from viz.engine.local import engine
from viz.engine.requests import Check
from viz.labels import shortened
from viz.names import position_number
from viz.prompts import read_prompts
from viz.records import Run
from viz.text import _

FORGOT = Mistakes(no_position_ids=True)


def forgotten_part(question: PositionQuestion) -> None:
    """Run the texts as a batch padded on the left, with position_ids and without."""
    answer = question.answered(lambda asked: engine.ask(_check(asked, FORGOT)), place="positions_forgotten")
    if answer is None:
        return
    question, counted = answer
    told = engine.ask(_check(question, Mistakes()))
    rows = compare(told, counted)
    st.markdown(f"**{literal(forgotten_said(rows))}**")
    st.caption(
        _(
            "Padded on the left. Told: position_ids count real tokens. Left out: the model counts columns, "
            "and padding takes the first positions."
        )
    )
    _strips(told, counted)
    _table(told, rows)
    row = prompt_choice.control(len(rows), whole_page=True)
    st.header(_("The heads, before → after"), anchor=False)
    st.caption(_("Before: told. After: left out."))
    before_after(partial(_run, _check(question, Mistakes())), partial(_run, _check(question, FORGOT)), row)


def _check(asked: PositionQuestion, mistakes: Mistakes) -> Check:
    return Check(asked.checkpoint, tuple(read_prompts(asked.text)[0]), "left", mistakes, asked.revision)


def _run(request: Check) -> Run:
    return engine.ask(request).run


def _strips(told: BatchCheck, counted: BatchCheck) -> None:
    """Draw every prompt twice, with the positions it was told and those the model counted."""
    parts = []
    for row in range(len(told.prompts)):
        number = position_number(row)
        parts.append(strips.strip(chips(told.run.batch, row), _("{number}: told").format(number=number)))
        marked = chips(counted.run.batch, row, unlike=told.run.batch)
        parts.append(strips.strip(marked, _("{number}: left out").format(number=number)))
    st.html(strips.board([*parts, strips.legend(["real", "padding", "changed"])]))


def _table(told: BatchCheck, rows: list[Moved]) -> None:
    """List the prompts: where they stood and what they answered."""
    texts = told.run.batch.texts
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        {
            _("prompt"): [f"{position_number(row)}  {shortened(text, 40)}" for row, text in enumerate(texts)],
            _("positions told → left out"): [_places(moved) for moved in rows],
            _("best word told → left out"): [_words(moved) for moved in rows],
            _("its probability told"): [moved.probability_told for moved in rows],
            _("left out"): [moved.probability_counted for moved in rows],
            _("largest |Δlogit|"): [difference_text(moved.largest_difference) for moved in rows],
        },
        hide_index=True,
        key="forgotten_table",
        column_config={_("its probability told"): share, _("left out"): share},
    )


def _places(moved: Moved) -> str:
    return f"{moved.told[0]}–{moved.told[1]} → {moved.counted[0]}–{moved.counted[1]}"


def _words(moved: Moved) -> str:
    return "" if moved.word_told is None else f"{moved.word_told} → {moved.word_counted}"
