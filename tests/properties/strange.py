"""Generate what strangers type, and judge what they get: an answer, or one of our sentences."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import strategies as st

from tests.attacks.hostile import HOSTILE
from viz import text as spoken
from viz.errors import VizError

Made = TypeVar("Made")

WORDS = tuple("the turtle sat [MASK] <mask> [PAD] [SEP] <|endoftext|> 我们 🐢 _ *so* _so_ a. b,".split())
BLANKS = (" ", " ", "  ", "\n", "\t", "\r\n", "\u2028")

characters = st.characters()  # any, halves of a surrogate pair too, as a command line can hold them


def texts(max_pieces: int = 8) -> st.SearchStrategy[str]:
    """Draw texts: words of the models, hostile strings, blanks and any characters, in any order."""
    piece = st.one_of(st.sampled_from([*WORDS, *BLANKS]), st.sampled_from([*HOSTILE.values()]), st.text(characters))
    return st.lists(piece, max_size=max_pieces).map("".join)


def sendable(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Keep to what a browser can send: it puts U+FFFD where half a surrogate pair was."""
    return strategy.map(lambda text: text.encode(errors="replace").decode())


def answered(make: Callable[[], Made]) -> Made | None:
    """Give what is made, None where it was refused; fails where the refusal is no sentence of ours."""
    try:
        return make()
    except VizError as error:
        assert_sentence(error)
        return None


def assert_sentence(error: VizError) -> None:
    """Fail where an error does not say in a sentence what to do, in the reader's language too."""
    assert type(error) is not VizError
    assert len(str(error)) > 30 and " " in str(error)
    assert spoken.sentence(error) == str(error)
