"""A corpus read in one stream says what plain transformers and naive loops say of each sentence alone."""

import random
import weakref
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest

from tests.model import plain
from viz.analysis.corpus import links
from viz.analysis.corpus.lines import EMPTY, HAS_MASK, TOO_LARGE, TOO_LONG, LeftOut
from viz.analysis.corpus.links import LEAST, links_of
from viz.analysis.corpus.spreads import BINS
from viz.analysis.corpus.standings import standings, texts_table
from viz.engine import forward, many_texts, service
from viz.engine.reasons import corpus
from viz.engine.reasons.requests import ReadCorpus
from viz.engine.work import Abandoned
from viz.errors import NothingInCorpus, TwoStacks

WORDS = "the The a cat dog turtle turtles river moved moving sleeps slow slowly on under Green old , today".split()
N_SENTENCES = 200
PUNCTUATION = {",", "."}


def sentences(n: int = N_SENTENCES) -> tuple[str, ...]:
    """Give sentences that differ, of 2 to 10 words, some of several pieces."""
    draw = random.Random(5)
    made: dict[str, None] = {}
    while len(made) < n:
        made[" ".join(["the", *draw.choices(WORDS, k=draw.randint(1, 9))]) + "."] = None
    return tuple(made)


@dataclass
class Naive:
    """Hold what loops over one head of one text after the other found."""

    cells: list[list[tuple[float, str, str]]] = field(default_factory=list)  # of each text
    sums: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0] * 5))
    previous: list[float] = field(default_factory=list)
    entropy: list[float] = field(default_factory=list)


def words_of(model: plain.Plain, text: str) -> list[tuple[str, list[int], bool]]:
    """Give the words of a text as the tokenizer itself numbers them: spelling, positions, special."""
    encoding = model.tokenizer(text, return_offsets_mapping=True)
    found: list[tuple[str, list[int], bool]] = []
    before = None
    for at, word in enumerate(encoding.word_ids()):
        start, end = encoding["offset_mapping"][at]
        if word is None or word != before:
            found.append((text[start:end], [at], word is None))
        else:
            spelled, positions, _special = found[-1]
            found[-1] = spelled + text[start:end], [*positions, at], False
        before = word
    return [(spelled.strip(), positions, special) for spelled, positions, special in found]


def naively(model: plain.Plain, texts: tuple[str, ...], *, causal: bool, n_heads: int) -> dict[tuple[int, int], Naive]:
    """Read every head of every text by loops over words and pieces."""
    found: dict[tuple[int, int], Naive] = defaultdict(Naive)
    for text in texts:
        maps = plain.output(model, plain.tokenized(model, [text]))[0][0]
        words = words_of(model, text)
        kept = [not special and not set(spelled) <= PUNCTUATION for spelled, _positions, special in words]
        if causal:
            kept[0] = False
        for place in np.ndindex(maps.shape[0], n_heads):
            read(found[place], maps[place], words, kept, causal=causal)
    return found


def read(into: Naive, a: np.ndarray, words: list, kept: list[bool], *, causal: bool) -> None:
    n = len(a)
    into.previous.append(float(np.mean([a[q, q - 1] for q in range(1, n)])))
    into.entropy.append(float(np.mean([-sum(w * np.log2(w) for w in a[q] if w > 0) for q in range(n)])))
    cells = []
    for i, (query, queries, _s) in enumerate(words):
        row = []
        for j, (key, keys, _s) in enumerate(words):
            if i == j or not kept[i] or not kept[j] or (causal and j > i):
                continue
            weight = sum(sum(float(a[q, k]) for k in keys) for q in queries) / len(queries)
            evenly = [sum(1 / (q + 1 if causal else n) for k in keys if not causal or k <= q) for q in queries]
            row.append((weight, query, key, sum(evenly) / len(queries)))
        mean = sum(weight for weight, *_ in row) / len(row) if row else 0
        variance = sum((weight - mean) ** 2 for weight, *_ in row) / len(row) if row else 0
        for weight, _query, key, even in row:
            cells.append((weight, query, key))
            sums = into.sums[query.lower(), key.lower()]
            for at, value in enumerate((1, weight, even, mean, variance)):
                sums[at] += value
    into.cells.append(cells)


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def both(request, tiny_bert_folder, tiny_gpt2_folder):
    """Give our reading of 200 sentences and the naive one."""
    causal = request.param == "gpt2"
    folder = tiny_gpt2_folder if causal else tiny_bert_folder
    texts = sentences()
    ours = service.answer(ReadCorpus(str(folder), texts))
    theirs = naively(plain.load(folder, causal=causal), texts, causal=causal, n_heads=ours.model.n_heads)
    return ours, theirs, texts


def test_every_texts_strongest_cell_is_the_largest_of_all_its_cells(both):
    ours, theirs, texts = both
    assert ours.lines.tolist() == list(range(len(texts)))
    for head, naive in theirs.items():
        for text, cells in enumerate(naive.cells):
            if not cells:
                assert np.isnan(ours.strengths[text, *head])
                continue
            assert ours.strengths[text, *head] == pytest.approx(max(cells)[0], abs=1e-6)
            query, key = ours.cells[text, *head]
            said = (ours.word(text, query).lower(), ours.word(text, key).lower())
            assert said in {(q.lower(), k.lower()) for weight, q, k in cells if weight > max(cells)[0] - 1e-6}


def test_strongest_median_and_weakest_are_those_of_a_sorted_list(both):
    ours, theirs, texts = both
    for head, naive in theirs.items():
        strengths = {line: max(cells)[0] for line, cells in enumerate(naive.cells) if cells}
        lines = sorted(strengths, key=lambda line: (-round(strengths[line], 6), line))
        middle = (len(lines) - 3) // 2
        of = {name: [one.line for one in group] for name, group in standings(ours, head, 3).items()}
        assert of["strongest"] == lines[:3]
        assert of["median"] == lines[middle : middle + 3]
        assert of["weakest"] == lines[-3:]
        listed = [strengths[number - 1] for number in texts_table(ours, head, texts)["line"]]
        np.testing.assert_allclose(listed, sorted(strengths.values(), reverse=True), atol=2e-6)


def test_pairs_of_words_are_counted_as_loops_count_them(both):
    ours, theirs, _texts = both
    assert ours.links.n_pairs == len(ours.links.pairs) < links.MAX_PAIRS
    for head, naive in theirs.items():
        expected = {pair: sums for pair, sums in naive.sums.items() if sums[0] >= LEAST}
        found = links_of(ours.links, head)
        assert {(link.query, link.key) for link in found} == set(expected)
        assert len(expected) > 40
        for link in found:
            n, weight, even, mean, variance = expected[link.query, link.key]
            assert link.n == n
            assert link.weight == pytest.approx(weight / n, abs=1e-6)
            assert link.even == pytest.approx(even / n, abs=1e-9)
            assert link.ratio == pytest.approx(weight / even, abs=1e-4)
            assert link.z == pytest.approx((weight - mean) / variance**0.5, abs=1e-3)
        assert [link.ratio for link in found] == sorted((link.ratio for link in found), reverse=True)


@pytest.mark.parametrize("job", ["previous", "entropy"])
def test_jobs_spread_over_texts_as_they_do_text_by_text(both, job):
    ours, theirs, texts = both
    spread = ours.spreads[job]
    for head, naive in theirs.items():
        values = np.array(getattr(naive, job))
        assert spread.n_texts[head[0]] == spread.bins[head].sum() == len(texts)
        assert spread.least[head] == pytest.approx(values.min(), abs=1e-5)
        assert spread.most[head] == pytest.approx(values.max(), abs=1e-5)
        assert spread.mean[head] == pytest.approx(values.mean(), abs=1e-5)
        for share in (0.05, 0.5, 0.95):
            exact = np.quantile(values, share, method="inverted_cdf")
            assert spread.quantile(head, share) == pytest.approx(exact, abs=0.5 * spread.top / BINS + 1e-5)


LINES = ("the cat sat", "", "  ", "the dog " * 40, "the [MASK] ran", "x" * 10_001, "the dog ran on")


def test_lines_that_cannot_run_are_named_and_the_others_keep_their_numbers(tiny_bert_folder, tiny_gpt2_folder):
    of = service.answer(ReadCorpus(str(tiny_bert_folder), LINES))
    assert of.lines.tolist() == [0, 4, 6]
    assert of.n_lines == len(LINES)
    left = [LeftOut(1, EMPTY), LeftOut(2, EMPTY), LeftOut(3, TOO_LONG, 82, 32), LeftOut(5, TOO_LARGE, 10_001, 10_000)]
    assert list(of.left_out) == left
    of = service.answer(ReadCorpus(str(tiny_gpt2_folder), LINES))
    assert of.lines.tolist() == [0, 6]
    assert LeftOut(4, HAS_MASK) in of.left_out


def test_a_line_whose_pass_is_too_large_is_left_out(tiny_bert_folder, monkeypatch):
    monkeypatch.setattr("viz.settings.Settings.max_pass_bytes", 2 * 4 * 2 * 3 * 12**2)
    of = service.answer(ReadCorpus(str(tiny_bert_folder), ("the cat ran", "the cat " * 8)))
    assert of.left_out == (LeftOut(1, TOO_LONG, 18, 12),)


def test_a_corpus_of_which_nothing_is_left_is_refused(tiny_gpt2_folder):
    with pytest.raises(NothingInCorpus, match="2 lines were left out: 1 is empty; line 2 has a "):
        service.answer(ReadCorpus(str(tiny_gpt2_folder), ("", "a [MASK]")))


def test_a_model_of_two_stacks_is_refused(tiny_translator_folder):
    with pytest.raises(TwoStacks):
        service.answer(ReadCorpus(str(tiny_translator_folder), ("the cat",)))


def test_special_tokens_count_where_they_are_asked_for(tiny_bert_folder):
    texts = sentences(6)
    of = service.answer(ReadCorpus(str(tiny_bert_folder), texts, count_special=True))
    model = plain.load(tiny_bert_folder, causal=False)
    for text, line in enumerate(texts):
        maps = plain.output(model, plain.tokenized(model, [line]))[0][0]
        words = words_of(model, line)
        kept = [True] * len(words)
        for head in np.ndindex(*of.strengths.shape[1:]):
            naive = Naive()
            read(naive, maps[head], words, kept, causal=False)
            assert of.strengths[text, *head] == pytest.approx(max(naive.cells[0])[0], abs=1e-6)


def test_what_is_said_of_a_text_does_not_depend_on_its_batch(tiny_bert_folder, monkeypatch):
    whole = service.answer(ReadCorpus(str(tiny_bert_folder), sentences(20)))
    monkeypatch.setattr(many_texts, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(links, "SHORT", 0)  # layer by layer, as long texts are added up
    alone = service.answer(ReadCorpus(str(tiny_bert_folder), sentences(20)))
    np.testing.assert_allclose(whole.strengths, alone.strengths, atol=1e-6)
    for name in ("n", "even", "weight", "mean", "variance"):
        np.testing.assert_allclose(getattr(whole.links, name), getattr(alone.links, name), atol=1e-5)


def test_only_one_run_is_alive_and_progress_goes_to_one(tiny_bert, monkeypatch):
    monkeypatch.setattr(many_texts, "ROWS_AT_ONCE", 4)
    alive, heard, real = [], [], forward.run

    def watched(*args, **options):
        assert sum(ref() is not None for ref in alive) <= 1
        run = real(*args, **options)
        alive.append(weakref.ref(run))
        return run

    monkeypatch.setattr(corpus.forward, "run", watched)
    corpus.read(tiny_bert, sentences(12), count_special=False, hear=heard.append)
    assert len(alive) == 3
    assert heard == [0.0, 4 / 12, 8 / 12, 1.0]


def test_it_ends_where_nobody_waits_any_more(tiny_bert, monkeypatch):
    monkeypatch.setattr(many_texts, "ROWS_AT_ONCE", 4)
    passes, real = [], forward.run
    monkeypatch.setattr(corpus.forward, "run", lambda *args, **options: passes.append(0) or real(*args, **options))

    def hear(share: float) -> None:
        if share > 0.3:
            raise Abandoned

    with pytest.raises(Abandoned):
        corpus.read(tiny_bert, sentences(12), count_special=False, hear=hear)
    assert len(passes) == 1


def test_what_is_kept_grows_by_two_numbers_a_head_and_text(tiny_bert_folder):
    few, many = (service.answer(ReadCorpus(str(tiny_bert_folder), sentences(n))) for n in (100, 200))
    heads, words = few.model.n_layers * few.model.n_heads, len(many.word_ids) - len(few.word_ids)
    fixed = (few.links.nbytes - many.links.nbytes) + sum(60 + len(word) for word in few.spellings)
    fixed -= sum(60 + len(word) for word in many.spellings)
    assert many.nbytes - few.nbytes + fixed == 100 * (8 * heads + 4 + 8) + 4 * words
