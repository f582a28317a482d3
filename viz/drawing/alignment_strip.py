"""Write two rows of tokens under each other as HTML: paired ones in one column, each without a partner in its own."""

from collections.abc import Callable, Sequence

from viz.analysis.compare.alignment import Alignment, Pair
from viz.drawing import strips
from viz.drawing.strips import Chip
from viz.labels import joined
from viz.names import position_number

_KINDS = {"token": "paired", "word": "respelled"}
_NOBODY = Chip("–", note="\N{NO-BREAK SPACE}", kind="blank")  # as high as a token with its number

# Says what stands under a token besides its number, by its position.
Note = Callable[[int], str]


def aligned(
    of: Alignment,
    tokens: tuple[Sequence[str], Sequence[str]],
    names: tuple[str, str],
    label: str,
    notes: tuple[Note, Note] = (lambda _position: "", lambda _position: ""),
) -> str:
    """Write how the rows of ``tokens`` are paired, as a board of strips with a legend; padding is left out.

    A token that moved stands at its place in either row, each time with the number of the other place.
    """
    in_place = [pair for pair in of.pairs if pair.how != "moved"]
    lone = _alone(of, tokens, notes)
    stacks: list[tuple[Chip, Chip]] = []
    for pair in [*in_place, None]:
        for side in (0, 1):
            end = len(tokens[side]) if pair is None else (pair.before, pair.after)[side][0]
            for at in sorted(position for position in lone[side] if position < end):
                chip = lone[side].pop(at)
                stacks.append((chip, _NOBODY) if side == 0 else (_NOBODY, chip))
        if pair is not None:
            stacks.append((_chip(pair.before, pair, tokens[0], notes[0]), _chip(pair.after, pair, tokens[1], notes[1])))
    used = [chip.kind for stack in stacks for chip in stack if chip is not _NOBODY]
    legend = strips.legend(kind for kind in ("paired", "respelled", "moved", "alone") if kind in used)
    return strips.board([strips.columns(stacks, names, label), legend])


def _alone(
    of: Alignment, tokens: tuple[Sequence[str], Sequence[str]], notes: tuple[Note, Note]
) -> tuple[dict[int, Chip], dict[int, Chip]]:
    """Give the chips that stand alone in their column, by their position: without a partner, or with one elsewhere."""
    found: list[dict[int, Chip]] = []
    for side, alone in enumerate((of.alone_before, of.alone_after)):
        chips = {at: Chip(tokens[side][at], _under((at,), notes[side]), "alone") for at in alone}
        for pair in of.pairs:
            if pair.how == "moved":
                here, there = (pair.before, pair.after) if side == 0 else (pair.after, pair.before)
                note = f"{_under(here, notes[side])} {'→' if side == 0 else '←'} {_numbers(there)}"
                chips[here[0]] = Chip(joined([tokens[side][at] for at in here]), note, "moved")
        found.append(chips)
    return found[0], found[1]


def _chip(positions: tuple[int, ...], pair: Pair, tokens: Sequence[str], note: Note) -> Chip:
    return Chip(joined([tokens[at] for at in positions]), _under(positions, note), _KINDS[pair.how])


def _under(positions: tuple[int, ...], note: Note) -> str:
    said = note(positions[0])
    return f"{_numbers(positions)} {said}" if said else _numbers(positions)


def _numbers(positions: tuple[int, ...]) -> str:
    return ", ".join(str(position_number(at)) for at in positions)
