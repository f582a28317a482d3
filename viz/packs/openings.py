"""Say what stands on the pages of lessons and hand-ins, in sentences that are true of what is open there."""

from collections.abc import Sequence

from viz.names import position_number
from viz.packs.schema import Pack
from viz.text import _, ngettext


def shelf(packs: Sequence[Pack]) -> list[str]:
    """Say how many lessons can be opened, and how much they ask."""
    message = ngettext(
        "{n} lesson can be opened here; questions in it: {questions}.",
        "{n} lessons can be opened here; questions in all: {questions}.",
        len(packs),
    )
    return [message.format(n=len(packs), questions=sum(len(pack.questions) for pack in packs))]


def lesson(pack: Pack, at: int) -> list[str]:
    """Say how long a lesson is, which of its parts is open, and how much that part asks."""
    part = pack.parts[at]
    message = _("This is part {at} of {parts} of the lesson “{title}”: “{part}”.")
    said = [message.format(at=position_number(at), parts=len(pack.parts), title=pack.title, part=part.title)]
    if not part.questions:
        return [*said, _("It asks nothing: read it, and go on.")]
    message = ngettext(
        "It asks {n} of the {all} questions of the lesson; what you answer is held against {model}.",
        "It asks {n} of the {all} questions of the lesson; what you answer is held against {model}.",
        len(part.questions),
    )
    return [*said, message.format(n=len(part.questions), all=len(pack.questions), model=pack.model)]


def hand_ins(n_read: int, n_left_out: int) -> list[str]:
    """Say how many files were read, and how many not."""
    message = ngettext(
        "{n} hand-in was read; below its answers are judged by the model's numbers. Files left out: {left}.",
        "{n} hand-ins were read; below their answers are judged by the model's numbers. Files left out: {left}.",
        n_read,
    )
    return [message.format(n=n_read, left=n_left_out)]
