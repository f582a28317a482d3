"""Make marked sentences from a template and word lists."""

import math
import random
import re

from viz.analysis.claims.text import escaped
from viz.errors import Reason, TooManySentences, WrongTemplate

MAX_FILLED = 50
_SLOT = re.compile(r"\{(\w+)\}")


def read_lists(text: str) -> dict[str, list[str]]:
    """Read word lists, one a line: ``animal: turtle, dog, cat``. Raises ``WrongTemplate``."""
    lists = {}
    for line in filter(str.strip, text.splitlines()):
        name, colon, listed = line.partition(":")
        words = [word.strip() for word in listed.split(",") if word.strip()]
        if not colon or not words:
            raise WrongTemplate(reason=Reason("'{line}' is no list.", line=line.strip()))
        lists[name.strip().strip("{}")] = list(dict.fromkeys(words))
    return lists


def fill_template(template: str, lists: dict[str, list[str]], *, n: int = 20, seed: int = 0) -> list[str]:
    """Make at most ``n`` marked sentences from a template such as ``The {animal} _{verb}_ *{adverb}* away.``

    A template of several lines, as for a swapped order, makes one sentence a line for each choice of words. If there
    are more choices than asked for, ``seed`` draws some; their order is always that of the lists.
    Raises ``WrongTemplate``, or ``TooManySentences`` above 50.
    """
    lines = [line.strip() for line in template.splitlines() if line.strip()]
    if n > MAX_FILLED:
        raise TooManySentences(n_sentences=n, limit=MAX_FILLED)
    names = list(dict.fromkeys(_SLOT.findall(template)))
    _check_slots(names, lists)
    sizes = [len(lists[name]) for name in names]
    n_choices, wanted = math.prod(sizes), max(1, n // len(lines))
    chosen = range(n_choices) if n_choices <= wanted else sorted(random.Random(seed).sample(range(n_choices), wanted))
    made = [dict(zip(names, _words_of(choice, names, lists))) for choice in chosen]
    return [_filled(line, words) for words in made for line in lines]


def _filled(line: str, words: dict[str, str]) -> str:
    return _SLOT.sub(lambda slot: escaped(words[slot[1]]), line)


def _check_slots(names: list[str], lists: dict[str, list[str]]) -> None:
    if not names:
        raise WrongTemplate(reason=Reason("the template has no {{slot}}."))
    if missing := [name for name in names if not lists.get(name)]:
        raise WrongTemplate(reason=Reason("'{name}' has no list.", name=missing[0]))
    if unused := [name for name in lists if name not in names]:
        raise WrongTemplate(reason=Reason("'{name}' does not stand in the template.", name=unused[0]))


def _words_of(choice: int, names: list[str], lists: dict[str, list[str]]) -> list[str]:
    """Give the words of one choice; choices are counted with the last list turning fastest."""
    words = []
    for name in reversed(names):
        choice, at = divmod(choice, len(lists[name]))
        words.append(lists[name][at])
    return words[::-1]
