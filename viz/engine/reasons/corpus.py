"""Read a corpus: its lines run in batches of about equal length, one run at a time, and all heads are read at once."""

from collections.abc import Callable, Sequence
from typing import Any

from viz.analysis.corpus import lines
from viz.analysis.corpus.cells import counts, text_words
from viz.analysis.corpus.lines import LeftOut
from viz.analysis.corpus.links import choose_pairs, fold
from viz.analysis.corpus.reading import Reader, Reading, Texts
from viz.engine import forward, many_texts
from viz.engine.batching import encode
from viz.engine.models import LoadedModel
from viz.errors import (
    BatchTooLarge,
    EmptyText,
    MaskTokenInCausalModel,
    NothingInCorpus,
    TextTooLarge,
    TextTooLong,
    VizError,
)

LINES_AT_ONCE = 100  # are cut into tokens before anybody is asked whether the corpus is still wanted


def read(
    loaded: LoadedModel, corpus: Sequence[str], *, count_special: bool, hear: Callable[[float], object]
) -> Reading:
    """Read what every head does over the lines; ``hear`` is told the share of the texts that are done.

    A line that cannot be run is left out and named. Raises ``NothingInCorpus`` where none is left.
    """
    texts, counted, left_out = _cut(loaded, corpus, count_special, hear)
    if not texts.lines:
        raise NothingInCorpus(reasons=lines.left_out_said(left_out))
    pairs, n_pairs, n_words = choose_pairs(counted, causal=loaded.info.causal)
    del counted
    n_texts, longest = len(texts.lines), max(texts.n_tokens)
    reader = Reader(loaded.info, n_texts, longest, pairs, count_special=count_special)
    n_done = 0
    for group in many_texts.groups(loaded, texts.n_tokens):
        batch = encode(loaded, [corpus[texts.lines[text]] for text in group])
        reader.add(forward.run(loaded, batch, readouts=forward.NO_READOUTS), group)
        n_done += len(group)
        hear(n_done / n_texts)
    return reader.reading(len(corpus), tuple(left_out), texts, n_pairs, n_words)


def _cut(
    loaded: LoadedModel, corpus: Sequence[str], count_special: bool, hear: Callable[[float], object]
) -> tuple[Texts, list[list[str]], list[LeftOut]]:
    """Cut lines into words, one at a time; gives them, the words that count, folded, and what cannot be run."""
    texts, counted, left_out = Texts(), [], []
    known: dict[str, str] = {}  # one string a word, however often it stands in the corpus
    for at, line in enumerate(corpus):
        if at % LINES_AT_ONCE == 0:
            hear(0.0)
        try:
            batch = encode(loaded, [line])
            forward.check_size(loaded, 1, batch.n_tokens, n_readouts=0)
        except (EmptyText, TextTooLong, TextTooLarge, MaskTokenInCausalModel, BatchTooLarge) as error:
            left_out.append(_left_out(at, error))
            continue
        words = text_words(batch, 0)
        texts.add(at, [word.text for word in words], batch.n_tokens)
        kept = counts(words, causal=loaded.info.causal, count_special=count_special)
        folded = (fold(word.text) for word, is_one in zip(words, kept, strict=True) if is_one)
        counted.append([known.setdefault(word, word) for word in folded])
    return texts, counted, left_out


def _left_out(line: int, error: VizError) -> LeftOut:
    values: dict[str, Any] = error.values
    if isinstance(error, TextTooLong):
        return LeftOut(line, lines.TOO_LONG, values["n_tokens"], values["max_positions"])
    if isinstance(error, BatchTooLarge):
        return LeftOut(line, lines.TOO_LONG, values["n_tokens"], values["fit_tokens"])
    if isinstance(error, TextTooLarge):
        return LeftOut(line, lines.TOO_LARGE, values["n_characters"], values["limit"])
    return LeftOut(line, lines.HAS_MASK if isinstance(error, MaskTokenInCausalModel) else lines.EMPTY)
