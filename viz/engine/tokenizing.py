"""Let threads take turns at one tokenizer: to cut a text it is switched over, and other threads would cut too."""

import copy
import threading
from typing import Any

from transformers import BatchEncoding, PreTrainedTokenizerBase

BEGINS_A_WORD = "\N{LOWER ONE EIGHTH BLOCK}"  # of a piece, as sentencepiece marks it


class PieceEncoding(BatchEncoding):
    """Hold what a tokenizer written in Python made of a text or a pair, told by its pieces.

    Such a tokenizer knows no offsets: each token's is the empty span, so nothing typed is shown behind unknown ones.
    A word begins where a piece says so, or behind a special token.
    """

    def __init__(self, encoding: BatchEncoding, pieces: list[str], special: list[bool], n_first: int):
        super().__init__(dict(encoding))
        self["special_tokens_mask"] = special
        self["offset_mapping"] = [(0, 0)] * len(pieces)
        self._parts = _parts(special, n_first)
        self._words = _words(pieces, self._parts)

    def sequence_ids(self, batch_index: int = 0) -> list[int | None]:
        """Say of every token to which text it belongs, None for special ones."""
        return self._parts

    def word_ids(self, batch_index: int = 0) -> list[int | None]:
        """Number the words of each text, None for special tokens."""
        return self._words


def _parts(special: list[bool], n_first: int) -> list[int | None]:
    parts: list[int | None] = []
    n_typed = 0
    for is_special in special:
        parts.append(None if is_special else int(n_typed >= n_first))
        n_typed += not is_special
    return parts


def _words(pieces: list[str], parts: list[int | None]) -> list[int | None]:
    words: list[int | None] = []
    counted = {0: -1, 1: -1}
    before = None
    for piece, part in zip(pieces, parts, strict=True):
        if part is not None and (piece.startswith(BEGINS_A_WORD) or part != before):
            counted[part] += 1
        words.append(None if part is None else counted[part])
        before = part
    return words


class Tokenize:
    """Call a tokenizer that many threads share; nothing else may call it.

    Its Rust half holds how it cuts and pads as a state, which each call sets anew and then works with. One written in
    Python, such as Marian's, holds whether it reads a source or a target.
    """

    def __init__(self, shared: PreTrainedTokenizerBase):
        self._shared = shared
        self._turn = threading.Lock()

    def __call__(self, text: str, second: str | None = None, **options: Any) -> BatchEncoding:
        """Tokenize a text, or two as a pair, with the tokenizer's own options."""
        text, second = whole_characters(text), None if second is None else whole_characters(second)
        with self._turn:
            if self._shared.is_fast:
                return self._shared(text, second, **options)
            encoding = self._shared(text, second, **_without_offsets(options))
            first = self._shared(text, add_special_tokens=False, verbose=False)["input_ids"]
            return self._by_pieces(encoding, len(encoding["input_ids"]) if second is None else len(first))

    def target(self, text: str, **options: Any) -> BatchEncoding:
        """Tokenize what a decoder reads; some families cut it otherwise, or mark its language."""
        text = whole_characters(text)
        with self._turn:
            if self._shared.is_fast:
                return self._shared(text_target=text, **options)
            encoding = self._shared(text_target=text, **_without_offsets(options))
            return self._by_pieces(encoding, len(encoding["input_ids"]))

    def copy(self) -> PreTrainedTokenizerBase:
        """Give a tokenizer of the caller's own, free to be changed."""
        with self._turn:
            return copy.deepcopy(self._shared)

    def _by_pieces(self, encoding: BatchEncoding, n_first: int) -> PieceEncoding:
        shared: Any = self._shared
        ids = encoding["input_ids"]
        kinds = set(shared.all_special_ids) - {shared.unk_token_id}
        return PieceEncoding(encoding, shared.convert_ids_to_tokens(ids), [one in kinds for one in ids], n_first)


def whole_characters(text: str) -> str:
    """Put ? in place of half a surrogate pair: a command line can hold one, and it would stop a tokenizer."""
    return text.encode(errors="replace").decode()


def _without_offsets(options: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a tokenizer written in Python cannot be asked."""
    return {name: value for name, value in options.items() if not name.startswith("return_")}
