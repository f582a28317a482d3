"""Let threads take turns at one tokenizer: to cut a text it is switched over, and other threads would cut too."""

import copy
import threading
from typing import Any

from transformers import BatchEncoding, PreTrainedTokenizerFast


class Tokenize:
    """Call a tokenizer that many threads share; nothing else may call it.

    Its Rust half holds how it cuts and pads as a state, which each call sets anew and then works with.
    """

    def __init__(self, shared: PreTrainedTokenizerFast):
        self._shared = shared
        self._turn = threading.Lock()

    def __call__(self, text: str, second: str | None = None, **options: Any) -> BatchEncoding:
        """Tokenize a text, or two as a pair, with the tokenizer's own options."""
        with self._turn:
            return self._shared(text, second, **options)

    def target(self, text: str, **options: Any) -> BatchEncoding:
        """Tokenize what a decoder reads; some families cut it otherwise, or mark its language."""
        with self._turn:
            return self._shared(text_target=text, **options)

    def copy(self) -> PreTrainedTokenizerFast:
        """Give a tokenizer of the caller's own, free to be changed."""
        with self._turn:
            return copy.deepcopy(self._shared)
