"""A model reads a language if enough of its vocabulary is written in it; single letters of everybody are not enough."""

import pytest

from tests.hand_made import model_info
from viz.analysis.scripts import languages_read

LATIN = tuple(f"word{n}" for n in range(900))


@pytest.mark.parametrize(
    "words, read",
    [
        ((), ()),
        (LATIN, ()),
        ((*LATIN, *"абвгдежз我们"), ()),  # as bert-base-uncased has them
        ((*LATIN, *(f"##слово{n}" for n in range(60))), ("ru",)),
        ((*LATIN, *(chr(0x4E00 + n) for n in range(60))), ("zh",)),
        ((*LATIN, *(chr(0x4E00 + n) for n in range(60)), *(f"слово{n}" for n in range(60))), ("zh", "ru")),
        (("Ġthe", "·1/2", "ひらがな", "한국어", "ελληνικά"), ()),
    ],
)
def test_languages_are_told_by_their_share_of_the_vocabulary(words, read):
    assert languages_read(model_info(vocabulary=words)) == read
