"""Whatever stands in an address or in a field: it is read, or left aside, or refused in a sentence; it never raises."""

import re
from functools import partial

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from pages.attribution.form import AttributionQuestion
from pages.board.form import BoardQuestion
from pages.claim.form import ClaimQuestion
from pages.compare.form import SideQuestion
from pages.corpus.form import CorpusQuestion
from pages.cross.form import CrossQuestion
from pages.generation.form import GenerationQuestion
from pages.head.form import HeadQuestion
from pages.importance.form import ImportanceQuestion
from pages.inside.form import TextQuestion
from pages.masked_word.form import SentenceQuestion
from pages.models.form import ModelQuestion
from pages.patching.form import PatchQuestion
from pages.positions.form import PositionQuestion
from pages.switch_off.form import SwitchQuestion
from pages.training.form import TrainingQuestion
from pages.ui.prompt_form import BatchQuestion
from pages.ui.question import MAX_ADDRESS
from tests.properties.strange import answered, sendable, texts
from viz.analysis.claims.templates import fill_template, read_lists
from viz.analysis.claims.text import marked, read_sentences
from viz.analysis.heads.switch_off import off_text, parse_off
from viz.analysis.masks.by_hand import from_address, read_mask, to_address
from viz.names import head_index_label, head_label, parse_head, parse_layer

QUESTIONS = (
    SentenceQuestion,
    ImportanceQuestion,
    BatchQuestion,
    GenerationQuestion,
    CrossQuestion,
    PositionQuestion,
    TextQuestion,
    TrainingQuestion,
    BoardQuestion,
    ClaimQuestion,
    SwitchQuestion,
    CorpusQuestion,
    PatchQuestion,
    AttributionQuestion,
    HeadQuestion,
    SideQuestion,
    ModelQuestion,
)
DERIVED = ("request", "prompts", "texts", "sentences", "hidden_positions", "translation", "endpoint", "name")
PLACES = sorted({"head", "other", *(field.address for question in QUESTIONS for field in question.FIELDS)})
N_LAYERS, N_HEADS, N_TOKENS = 4, 6, 5

digits = st.text("0123456789²١-+.e_ ", max_size=5_000)
values = sendable(st.one_of(texts(), digits, st.sampled_from(["nan", "inf", "-1", "left", "0", "1", "any"])))
heads = st.tuples(st.integers(0, N_LAYERS - 1), st.integers(0, N_HEADS - 1))
near_heads = st.one_of(
    texts(2),
    st.from_regex(r"(?i)(Attention_)?layer[ _-]{0,2}\d{0,5}[ _,-]?head[ _-]?\d{0,5}(\.png)?", fullmatch=True),
    st.from_regex(r"(?i)L\d{0,5}[ _.,-]?H\d{0,5}", fullmatch=True),
)


@given(there=st.dictionaries(st.sampled_from(PLACES), values))
@example(there={"claim": " "})  # was read as a head of no name, and written back as any head
def test_a_question_is_read_from_any_address_and_written_back_the_same(there):
    for question in QUESTIONS:
        asked = question.from_address(there)
        written = asked.to_address()
        assert all(text is None or len(text) <= MAX_ADDRESS for text in written.values())
        again = {name: text for name, text in written.items() if text is not None}
        assert question.from_address(again, otherwise=asked) == asked
        for name in DERIVED:
            answered(partial(getattr, asked, name, None))


@given(name=near_heads)
def test_the_name_of_a_head_is_read_or_refused(name):
    found = answered(lambda: parse_head(name, N_LAYERS, N_HEADS))
    if found is not None:
        layer, head = found
        assert 0 <= layer < N_LAYERS and 0 <= head < N_HEADS
        numbers = [int(number) for number in re.findall(r"\d+", name)]
        assert numbers == ([layer + 1, head + 1] if "ead" in name.lower() else [layer, head])
    assert (layer := parse_layer(name, N_LAYERS)) is None or 0 <= layer < N_LAYERS


@given(place=heads, blank=st.sampled_from(["", " ", "\n", "\u3000"]))
def test_both_names_of_a_head_are_read_as_it(place, blank):
    for name in (head_label(*place), head_index_label(*place), f"Attention_{head_label(*place)}.png"):
        assert parse_head(f"{blank}{name}{blank}", N_LAYERS, N_HEADS) == place


@given(names=st.lists(near_heads | st.sampled_from(["Layer2", "H1", "L0", "Head3"])), by=st.sampled_from(",;"))
def test_a_list_of_heads_is_read_or_refused(names, by):
    answered(lambda: parse_off(by.join(names), N_LAYERS, N_HEADS))


@given(off=st.frozensets(heads))
def test_a_list_of_heads_is_written_as_it_is_read(off):
    assert parse_off(off_text(off, N_HEADS), N_LAYERS, N_HEADS) == off


@given(text=st.one_of(values, st.from_regex(rf"{N_TOKENS}\.[A-Za-z0-9_-]*", fullmatch=True)))
def test_a_mask_in_an_address_is_read_or_refused(text):
    cells = answered(lambda: from_address(text, N_TOKENS))
    assert cells is None or cells.shape == (N_TOKENS, N_TOKENS)


@given(bits=st.lists(st.booleans(), min_size=N_TOKENS**2, max_size=N_TOKENS**2))
def test_a_mask_is_written_as_it_is_read(bits):
    cells = np.array(bits).reshape(N_TOKENS, N_TOKENS)
    assert (from_address(to_address(cells), N_TOKENS) == cells).all()


numpy_header = st.one_of(st.text(max_size=80), st.text("{}()[]'descr:<f4, 0123456789TrueFals_shpo\\\n#", max_size=80))
mask_files = st.one_of(
    st.binary(max_size=200),
    texts().map(lambda text: text.encode(errors="replace")),
    st.text("01 ,;\n[]-.eE", max_size=80).map(str.encode),
    st.builds(
        lambda version, head, rest: (
            (b"\x93NUMPY" + bytes(version) + len(head.encode(errors="replace")).to_bytes(2, "little"))
            + head.encode(errors="replace")
            + rest
        ),
        st.sampled_from([(1, 0), (2, 0), (3, 0), (9, 9)]),
        numpy_header,
        st.binary(max_size=120),
    ),
)


@given(data=mask_files, name=texts(1))
@example(data=b"\x93NUMPY\x01\x00\x01\x00(", name="a")  # a header that ends early came out as an error of tokenize
def test_a_file_of_a_mask_is_read_or_refused(data, name):
    cells = answered(lambda: read_mask(data, name, N_TOKENS))
    assert cells is None or cells.shape == (N_TOKENS, N_TOKENS)


@given(text=st.one_of(texts(), st.lists(st.sampled_from("*_\\ ab#\n"), max_size=40).map("".join)))
def test_marked_sentences_are_read_or_refused_and_written_as_they_are_read(text):
    for sentence in answered(lambda: read_sentences(text)) or ():
        assert sentence.query_word and sentence.key_word
        assert read_sentences(marked(sentence)) == (sentence,)


@given(template=texts(4), lists=st.one_of(texts(), st.from_regex(r"([a-z]{1,2}: [a-z]{0,3}, [a-z]{0,3}\n){0,3}")))
def test_a_template_is_filled_or_refused(template, lists):
    answered(lambda: fill_template(template + " {a} {b}", read_lists(lists)))
