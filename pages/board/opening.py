"""Say what the first board is, and which head does the chosen job best."""

import streamlit as st

from pages.board.form import BoardQuestion
from viz.analysis.openings import heads
from viz.analysis.reasons.contribution import WEIGHT
from viz.errors import NoContributions


def said(question: BoardQuestion) -> list[str]:
    """Give the sentences, by the choices that stand on the page; raises what the board raises."""
    state = st.session_state
    try:
        board = question.board(state["board_by"])
    except NoContributions:
        board = question.board(WEIGHT)  # as the page does, and says
    return heads.board(board, state["board_measure"], count_special=state["board_special"])
