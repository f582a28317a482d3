"""Show the head board: every head coloured by one job, the list of heads, the open head's map beside it."""

import numpy as np
import streamlit as st

from pages.board.choice import BoardChoice, controls, pair_controls
from pages.board.form import BoardQuestion
from pages.board.side import Side
from pages.board.table import board_tables
from pages.ui import guard, head_choice, prompt_choice
from pages.ui.head_grid import mark_head, number_grid
from pages.ui.head_panel import head_view
from pages.ui.markdown import literal
from viz.analysis.heads import boards
from viz.analysis.heads.boards import PAIR, Score
from viz.analysis.heads.measures import MEASURES
from viz.analysis.reasons.contribution import CONTRIBUTION, WEIGHT, measured_by, read_by
from viz.drawing import head_board
from viz.errors import NoContributions, VizError
from viz.labels import shortened
from viz.names import position_number
from viz.text import _, number, translated


@guard.fragment(key=head_choice.PANEL)
def board_panel(questions: dict[str, BoardQuestion]) -> None:
    """Draw boards, tables and the open head; all that is chosen here runs only this part of the page, and no pass."""
    choice = controls()
    sides = _sides(questions, choice.by)
    row = _text_control(sides["a"].texts)
    scores = _scores(sides, choice, row)
    if len(sides) > 1:
        _compared(sides, scores, choice)
    left, right = st.columns(2, gap="medium")
    with left:
        if len(sides) == 1 and "a" in scores:
            _board("a", sides["a"], scores, choice)
        board_tables(sides, scores, choice)
    with right:
        _opened_head(sides, row)


def _sides(questions: dict[str, BoardQuestion], by: str) -> dict[str, Side]:
    """Measure what was asked; by weight, where what heads contribute is not known."""
    try:
        return {name: Side.of(question, by) for name, question in questions.items()}
    except NoContributions as error:
        guard.explain(error)
        return {name: Side.of(question, WEIGHT) for name, question in questions.items()}


def _text_control(texts: tuple[str, ...]) -> int:
    """Show which text is open, where there are several."""
    n_texts = len(texts)
    row = prompt_choice.chosen(n_texts)
    if n_texts > 1:
        st.session_state["board_text_open"] = row
        st.selectbox(
            _("Open text (its map, and the words of a pair)"),
            range(n_texts),
            key="board_text_open",
            format_func=lambda at: f"{position_number(at)}  {shortened(texts[at])}",
            on_change=_text_chosen,
        )
    return row


def _text_chosen() -> None:
    prompt_choice.choose(st.session_state["board_text_open"])


def _scores(sides: dict[str, Side], choice: BoardChoice, row: int) -> dict[str, Score]:
    """Give the chosen job of each side; where a side has none, say why."""
    pair = None
    if choice.measure == PAIR:
        give, at = sides["a"].opened(row)
        pair = pair_controls(give(), at)
    found = {}
    for name, side in sides.items():
        try:
            found[name] = (
                _pair_score(side, row, pair)
                if pair
                else side.board.score(choice.measure, count_special=choice.count_special)
            )
        except VizError as error:
            guard.explain(error, name.upper() if len(sides) > 1 else "")
    _define(choice, found, sides)
    return found


def _pair_score(side: Side, row: int, pair: tuple[str, str]) -> Score:
    """Measure the pair in the open text; in the second input the words are looked for by their letters."""
    give, at = side.opened(row)
    run = give()
    names = boards.word_names(run, at)
    chosen = [names[word].positions if word in names else word for word in pair]
    return boards.pair_score(read_by(run, side.by), at, *chosen)


def _define(choice: BoardChoice, scores: dict[str, Score], sides: dict[str, Side]) -> None:
    """Say what is measured, by which formula, what a uniform head has, and what was counted."""
    measure = MEASURES[choice.measure]
    even = ", ".join(f"{_named(name, sides)}{_even(score)}" for name, score in scores.items())
    message = _("**{name}** ({unit}). {definition} Formula: {formula}.")
    said = message.format(
        name=literal(boards.measure_label(measure.name)),
        unit=literal(translated(measure.unit)),
        definition=literal(translated(measure.definition)),
        formula=f"`{measure.formula}`",
    )
    if even:
        said += " " + literal(_("A head that looks evenly at all it may look at has {even}.").format(even=even))
    st.markdown(said)
    if any(side.by == CONTRIBUTION for side in sides.values()):
        st.caption(literal(measured_by()))
    st.caption(literal(" ".join(_counted(choice, scores, sides))))


def _even(score: Score) -> str:
    """Say what a uniform head has: one number, or from which to which where layers let through different cells."""
    numbers = [number(value, 3) for value in boards.even_values(score.uniform)]
    if len(numbers) == 1 or numbers[0] == numbers[1]:
        return numbers[0]
    return _("{lowest} to {highest}, by layer").format(lowest=numbers[0], highest=numbers[1])


def _counted(choice: BoardChoice, scores: dict[str, Score], sides: dict[str, Side]) -> list[str]:
    if choice.measure == PAIR:
        said = [_("Measured in the open text.")]
    elif all(side.board.n_texts == 1 for side in sides.values()):
        said = [_("Measured in this one text.")] if len(sides) == 1 else [_("Measured in one text each.")]
    else:
        message = _("{side}Measured in {n} of {total} texts, the value is the mean over them.")
        said = [
            message.format(side=_named(name, sides), n=score.n_texts, total=sides[name].board.n_texts)
            for name, score in scores.items()
        ]
    said.append(_("Padding is never counted as a query."))
    if choice.measure != PAIR:
        said.append(
            _("Special tokens are counted.")
            if choice.count_special
            else _(
                "Special tokens such as [CLS] and [SEP] are left out as queries and as keys; the other weights are "
                "not scaled up."
            )
        )
    return said


def _named(name: str, sides: dict[str, Side]) -> str:
    return f"{name.upper()}: " if len(sides) > 1 else ""


def _board(name: str, side: Side, scores: dict[str, Score], choice: BoardChoice) -> None:
    """Draw one board; two that are compared share their scale."""
    score = scores[name]
    data = head_board.board(
        score.mean,
        side.board.model,
        score.measure,
        spread=score.spread if score.n_texts > 1 else None,
        kept=None if choice.bound is None else boards.within(score, choice.bound),
        own_scale=choice.own_scale,
        largest=max(float(np.nanmax(of.mean)) for of in scores.values()),
    )
    number_grid(data, key=f"board_{name}")


def _compared(sides: dict[str, Side], scores: dict[str, Score], choice: BoardChoice) -> None:
    """Draw board A, board B and B minus A beside each other."""
    columns = st.columns(3, gap="small")
    for (name, side), column in zip(sides.items(), columns[:2], strict=True):
        with column:
            st.markdown(f"**{name.upper()}** {literal(side.name)}")
            if name in scores:
                _board(name, side, scores, choice)
    with columns[2]:
        st.markdown(_("**Difference**, B minus A"))
        if len(scores) == 2:
            _difference(sides, scores)


def _difference(sides: dict[str, Side], scores: dict[str, Score]) -> None:
    change = boards.difference(scores["a"], scores["b"])
    if change is None:
        before, after = scores["a"].mean, scores["b"].mean
        shapes = [f"{n_layers} x {n_heads}" for n_layers, n_heads in (before.shape, after.shape)]
        message = _("The models have {a} and {b} heads (layers x heads), so there is no difference head by head.")
        st.info(message.format(a=shapes[0], b=shapes[1]))
        return
    number_grid(
        head_board.difference_board(change, sides["b"].board.model, scores["a"].measure), key="board_difference"
    )


def _opened_head(sides: dict[str, Side], row: int) -> None:
    """Draw the open head of the open text, of either side."""
    name = "a"
    if len(sides) > 1:
        name = st.segmented_control(
            _("Map of"),
            list(sides),
            key="board_map_side",
            default="a",
            format_func=str.upper,
            required=True,
            on_change=head_choice.draw_again,
        )
    give, at = sides[name].opened(row)
    run = give()
    layer, head = head_choice.controls(run.model)
    mark_head(layer, head)
    st.caption(literal(prompt_choice.prompt_name(run, at, 120)))
    head_view(give, at, layer, head)
